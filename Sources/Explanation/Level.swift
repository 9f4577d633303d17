/// How closely an execution is told.
public enum Level: String, CaseIterable, Sendable {
    /// One step for each statement, or for each part of one that others ran in between.
    case syscalls
    /// One step for each section that changed page-table entries, frames, counts or contents.
    case pages
    /// Every section, also those that only take or drop a lock.
    case locks
}
