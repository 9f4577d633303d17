import Diagnostics
import KernelRuns
import TestLanguage
import Testing

@Suite struct CProgramTests {
    private func compiled(_ text: String) throws -> CompiledTest {
        CompiledTest(try ResolvedTest(parsing: SourceText(name: "test.cow", text: text)))
    }

    @Test func statementsBecomeCalls() throws {
        let program = CProgram([
            try ResolvedTest(
                parsing: SourceText(
                    name: "test.cow",
                    text: """
                        test of-the-test
                        map x: anonymous private = 7
                        process parent {
                            fork child {
                                pipe = vmsplice(x)
                                munmap(x)
                                signal taken
                                seen = read(pipe.2)
                                exit
                            }
                            await taken
                            *x.1 = 9
                            wait child
                        }
                        never child:seen == 9
                        """))
        ])
        let text = program.text
        for call in [
            "fork_actor(t0_actor_child);",
            "take_pipe(t0_child_pipe_reference, range_of(t0_map_x, 0), false, 1)",
            "unmap(t0_map_x, 0);", "signal_event(t0_event_taken);", "await_event(t0_event_taken);",
            "keep(t0_child_seen_register, read_pipe(t0_child_pipe_reference, 0, 2));",
            "store(t0_map_x, 0, 1, 9);", "wait_for_child(t0_actor_child);",
            ".written = true, .value = 7", "#include \"pipe.h\"",
        ] {
            #expect(text.contains(call), "\(call)")
        }
    }

    /// One reference fewer than the threshold reaches the kernel's 1024 with the mapping, two fewer do not.
    @Test(arguments: [(2, 1023), (3, 512), (4, 341)])
    func referencesStandForSomeMore(_ bias: Int, _ times: Int) throws {
        let program = CProgram([
            try ResolvedTest(
                parsing: SourceText(
                    name: "test.cow",
                    text: """
                        test t
                        pin_bias \(bias)
                        map x: anonymous private = 1
                        process p { a = vmsplice(x) }
                        """))
        ])
        #expect(program.text.contains("false, \(times))"))
        #expect(1 + times * (bias - 1) >= 1024)
        #expect(1 + times * (bias - 2) < 1024)
    }

    @Test func mappingsAloneDoNotReachTheBias() throws {
        let test = try compiled(
            """
            test t
            pin_bias 3
            map x: anonymous private = 1
            process p { fork a { }; fork b { } }
            """)
        #expect(test.impossible?.hasPrefix("a kernel's pin bias is 1024") == true)
    }

    @Test func whatIsNeeded() throws {
        let test = try compiled(
            """
            test t
            map x: anonymous private = 1
            process p {
                b = io_uring_register(x)
                v = vfio_map(x, read)
                f = frame(x)
            }
            """)
        #expect(Set(test.needs) == [.ioUring, .vfio, .frameNumbers])
        #expect(test.impossible == nil)
    }

    @Test(arguments: [
        ("frames 6", "*x = 1", "physical memory"), ("", "cow_opt_out()", "cow_opt_out"),
        ("", "r = rdma_register(x, read)", "RDMA"),
        ("", "r = rdma_register(x, write)\nrdma_reregister(r, read)", "RDMA"),
        ("background reclaim(x)", "*x = 1", "moment"),
        ("", "b = xdp_umem_register(x)\ndma_write(b, 3)", "AF_XDP"),
    ])
    func whatNoKernelCanDo(_ declaration: String, _ statement: String, _ reason: String) throws {
        let test = try compiled(
            """
            test t
            \(declaration)
            map x: anonymous private = 1
            process p {
                \(statement)
            }
            """)
        #expect(test.impossible?.contains(reason) == true)
    }

    @Test func everyUseOfDirectTransfersIsARequest() throws {
        let source = """
            test t
            map x[2]: anonymous private = 1
            process p {
                d = direct_read(x)
                complete(d[1].2, 7)
                b = pin(x, write)
                r = dma_read(b[0].1)
                dma_write(b[0], 3)
                w = pin(x[0], read)
                e = dma_write(w, 3)
            }
            """
        let text = CProgram([try ResolvedTest(parsing: SourceText(name: "test.cow", text: source))]).text
        for call in [
            "take_direct_read(t0_p_d_reference, range_of(t0_map_x, -1), false, "
                + "(struct request_place[]){{1, 2, false}}, 1)",
            "(struct request_place[]){{0, 1, true}, {0, 0, false}, {0, 3, false}}, 3)",
            "take_direct_write(t0_p_w_reference, range_of(t0_map_x, 0), false, "
                + "(struct request_place[]){{0, 3, false}}, 1)",
        ] {
            #expect(text.contains(call), "\(call)")
        }
    }

    @Test func looksFollowTheCondition() throws {
        let test = try compiled(
            """
            test t
            map x[2]: anonymous private = 1
            process p {
                fork c {}
            }
            always same(p:x[1], c:x[1]) && !moved(p:x[0]) && c:*x[1].2 == 0
            """)
        #expect(
            test.looks == [
                .frame(process: 0, mapping: 0, page: 1), .frame(process: 1, mapping: 0, page: 1),
                .frame(process: 0, mapping: 0, page: 0), .frameAtStart(mapping: 0, page: 0),
                .content(process: 1, mapping: 0, page: 1, word: 2),
            ])
    }
}
