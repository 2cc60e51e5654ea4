package journal

const childEnv = "WEIR_JOURNAL_CHILD"

func appendUntilKilled(string) int { return 0 }
