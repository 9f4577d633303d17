import Diagnostics
import TestLanguage

/// Tests to read, print and spoil.
enum Samples {
    static let leak = """
        # What a newcomer reads first.
        test vmsplice-leak
        "A child keeps a pipe's reference to a page that its parent writes later (CVE-2020-29374)."

        map x: anonymous private = 0

        process parent {
            fork child {
                pipe = vmsplice(x)
                munmap(x)
                signal taken
                await written
                seen = read(pipe)
            }
            await taken
            *x = 1
            signal written
        }

        never child:seen == 1
        """

    /// Every construct of the language, in its printed form.
    static let everything = #"""
        test everything-5.18rc1.x
        "Quotes \" and \\ and é, in one text."

        file F[2] = 5, 6
        file G
        memfd M[4] = 5
        map x: anonymous private = 0
        map a[4]: anonymous shared huge = 65535
        map f[2]: file F private readonly
        map m: memfd M shared huge
        map h: hugetlb private
        background reclaim(x)
        background migrate(child:x)
        background shrink(x)
        background retract(x)
        background numa_scan(x)
        background ksm_merge(x, child:a[1])
        background collapse(a)
        background lru_add(x)
        background lru_drain()
        frames 6
        memcg parent 3
        hugepages 0
        swap 2
        pin_bias 4

        process parent {
            failed = fork child {
                pipe = vmsplice(x)
                exec
                map y[3]: anonymous private readonly
                r = *y[2].3
                signal taken
                await written
                seen = read(pipe.1)
                exit
            }
            fork sibling {}
            vfork runner {
                thread helper {
                    *a[3] = 7
                }
                join helper
                exit
            }
            thread beside {
                e = munmap(f[1])
                mremap(m)
            }
            await taken
            *x.2 = 1
            mprotect(a, PROT_NONE)
            mprotect(a, PROT_WRITE)
            mprotect(a[2], PROT_READ | PROT_WRITE)
            mlock(h)
            locked = madvise(x, MADV_DONTNEED_LOCKED)
            cow_opt_out()
            b = io_uring_register(a)
            dma_write(b[3], 3)
            dma_write(b[0].1, 3)
            got = dma_read(b[1].2)
            c = rdma_register(x, read)
            v = vfio_map(x, write, dirty_tracking)
            w = vfio_map(x, read)
            by_device = iommu_dirty(v)
            rdma_reregister(c, write)
            anew = rdma_reregister(c, read)
            u = xdp_umem_register(x)
            buffer = udmabuf(M)
            p = pin(x, read, longterm, slow)
            q = pin(x, write, slow)
            g = get(x, read)
            s = get(x, write, slow)
            send(b, sibling)
            d = direct_read(x)
            complete(d.2, 7)
            o = direct_write(x)
            taken_by_device = fetch(o)
            closed = close(p)
            process_vm_writev(child, x, 4)
            there = process_vm_readv(parent, a[2].1)
            proc_mem_write(parent, f, 4)
            forced = proc_mem_read(child, x)
            pwrite(F[1].2, 4)
            pwrite(F, 4)
            uffd_register(x, wp, missing, async, unpopulated, event_fork)
            uffd_writeprotect(x)
            uffd_resolve(x)
            uffd_resolve(x, dontwake)
            uffd_wake(x)
            uffd_copy(x, 3)
            uffd_register(a, minor)
            uffd_continue(a[2])
            await_fault(x)
            polled = poll_fault(x)
            uffd_unregister(x)
            clear_refs()
            clear_refs(young)
            look1 = frame(x)
            look2 = mapcount(x)
            look3 = present(x)
            look4 = young(x)
            look5 = swapped(x)
            look6 = huge(x)
            look7 = soft_dirty(x)
            look8 = pagemap_scan(x)
            look9 = page_count(x)
            look10 = pinned(x)
            look11 = exclusive(x)
            look12 = writable(x)
            look13 = dirty(x)
            reclaim(x)
            again = migrate(x)
            shrunk = shrink(x)
            retracted = retract(x)
            scanned = numa_scan(x)
            ksm_merge(x, child:x)
            collapse(a)
            lru_add(x)
            lru_drain()
            memcg_limit(child, 3)
            signal written
            wait child
            kill(sibling)
        }

        process other {
            map mine: anonymous private
            look = *mine
        }

        exists (child:seen == 1 || parent:*x.1 != 65535) && !(killed(beside) || !blocked(other)) && forked(child) && same(parent:x, child:x) && moved(parent:a[2]) && coherent(b) && coherent(sibling:b) && mapped(parent:x) && young(parent:x) && soft_dirty(child:x) && copies <= 3 && file F[1].2 < 4 && file G >= 0 && parent:b == -EFAULT && parent:look1 == zero && !(0 != parent:look1) && parent:got > parent:there

        expect refcount: holds
        expect linux-5.10, vma-lock-6.4: fails, precision broken, isolation broken

        """#

    static func source(_ text: String) -> SourceText { SourceText(name: "t.cow", text: text) }
}
