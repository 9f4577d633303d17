/* Collects the outcomes of a model that generate.py wrote as C: its registers where every thread is at its end. */
static unsigned char outcome_seen[1u << 2 * OUTCOME_REGISTERS];

static inline void note_outcome(const Model *state) {
    if (is_end(state)) outcome_seen[outcome(state)] = 1;
}

static void print_outcomes(void) {
    for (unsigned code = 0; code < sizeof outcome_seen; code++) {
        if (!outcome_seen[code]) continue;
        printf("outcome");
        for (int i = 0; i < OUTCOME_REGISTERS; i++) {
            printf(" %s=%u", outcome_names[i], code >> 2 * (OUTCOME_REGISTERS - 1 - i) & 3);
        }
        printf("\n");
    }
}
