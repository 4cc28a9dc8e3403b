//! Which finding can follow from which: what the pages of VSS say about failures, as data.
//!
//! Sources: "Aborting VSS Operations", "Writer Errors and Vetoes", "Shadow Copy Creation for Providers", "Handling
//! BackupShutdown Events", `IVssBackupComponents::DoSnapshotSet` and `GetWriterStatus` (learn.microsoft.com). What is an
//! analyst's reading and no page's word has the tie [`Tie::Host`] and makes a weaker link.

use chrono::TimeDelta;

/// How two findings have to belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// One set or session, or one record; where both name a writer, the same one.
    Writer,
    /// One set or session, or one record; writers may differ: what one writer does is felt by all.
    Set,
    /// The same, for a consequence that says itself that it came after the end ([`Draft::aftermath`]).
    ///
    /// [`Draft::aftermath`]: crate::rules::Draft::aftermath
    Aftermath,
    /// One host, the cause no longer than this before the consequence.
    Host(TimeDelta),
}

/// Every cause of a row can lead to every consequence of it.
pub struct Link {
    /// Rule ids.
    pub causes: &'static [&'static str],
    /// Rule ids.
    pub consequences: &'static [&'static str],
    /// How they belong together.
    pub tie: Tie,
}

const fn link(causes: &'static [&'static str], consequences: &'static [&'static str], tie: Tie) -> Link {
    Link { causes, consequences, tie }
}

/// A part of Windows that a creation needs went away.
const OUTAGE: &[&str] = &["host-restarted-mid-session", "service-stopped-mid-session"];

/// The provider or the storage refused or could not.
const STORAGE: &[&str] = &[
    "provider-veto",
    "provider-unexpected-error",
    "provider-not-registered",
    "insufficient-storage",
    "snapshot-limit-reached",
    "volume-not-supported",
    "reboot-required",
    "transaction-manager-timeout",
];

/// Time ran out while writes were flushed or held.
const HOLD: &[&str] = &["flush-hold-exceeded", "flush-writes-timeout", "hold-writes-timeout"];

/// A writer said no before or during the creation.
const WRITER_FAILED: &[&str] = &[
    "writer-failed-at-identify",
    "writer-failed-at-prepare-backup",
    "writer-failed-at-prepare-snapshot",
    "writer-failed-at-freeze",
    "writer-failed-at-thaw",
    "writer-failed-at-post-snapshot",
    "writer-disappeared",
    "writer-not-responding",
    "writer-infrastructure",
    "writer-exception",
    "writer-sessions-exhausted",
];

/// What a writer's failure is called by its code.
const WRITER_CODES: &[&str] = &[
    "writer-error-inconsistent-snapshot",
    "writer-error-out-of-resources",
    "writer-error-retryable",
    "writer-error-nonretryable",
    "writer-error-partial",
];

/// Codes that say why a writer failed, not only that it did.
const TELLING_CODES: &[&str] = &["writer-error-inconsistent-snapshot", "writer-error-out-of-resources"];

/// Other signs of one and the same failure of a writer.
const WRITER_SIGNS: &[&str] = &[
    "writer-error-retryable",
    "writer-error-nonretryable",
    "writer-error-partial",
    "writer-rejected-event",
    "writer-listed-as-failed",
    "succeeded-true-for-failed-writer",
    "writer-shutdown-without-complete",
];

/// A writer's failure, or what VSS makes of it in the freeze window.
const BROKEN_FREEZE: &[&str] =
    &["abort-during-freeze", "provider-aborted", "thaw-missing", "writer-event-order"];

/// A session that just ended: after a failure ([`Tie::Aftermath`]), or, where the requester died first, before it.
const ABANDONED: &[&str] = &["abandoned-without-abort"];

/// That the creation failed, where nothing else says why; what a requester does, or leaves undone, after that.
const AFTER_FAILURE: &[&str] = &[
    "snapshot-set-failed",
    "set-left-open",
    "backup-complete-without-snapshot",
    "abort-not-called-after-start",
    "component-marked-failed",
    "persistent-set-orphaned",
    "retries-exhausted",
    "retry-too-soon",
    "async-cancelled",
    "async-timeout-ignored",
    "vss-error-logged",
    "failure-in-trace",
    "access-denied",
];

/// What is left of a session that was cut off.
const CUT_OFF: &[&str] = &[
    "backup-shutdown-without-complete",
    "abandoned-without-abort",
    "set-left-open",
    "snapshot-set-failed",
    "backup-complete-failed",
    "pre-restore-without-post-restore",
    "instance-not-released",
    "shadow-lost-during-backup",
    "backup-complete-after-shadow-lost",
    "delete-object-not-found",
    "persistent-set-orphaned",
    "trace-ends-mid-session",
    "writer-failed-at-restore",
    "writer-failed-at-backup-complete",
    "writer-waiting-complete",
    "vss-error-logged",
    "failure-in-trace",
];

/// The shadow copies of a volume are gone.
const LOSS: &[&str] = &["shadow-lost-during-backup", "shadow-copies-aborted"];

/// Calls in a wrong order: VSS answers the first or a later one with VSS_E_BAD_STATE.
const WRONG_ORDER: &[&str] = &[
    "instance-reused-after-complete",
    "instance-reused-after-abort",
    "second-snapshot-set-on-instance",
    "backup-and-restore-on-instance",
    "initialize-twice",
    "not-initialised",
    "gather-metadata-twice",
    "set-context-twice",
    "context-set-late",
    "context-invalid",
    "backup-state-missing",
    "backup-state-changed-late",
    "metadata-not-gathered",
    "metadata-used-after-free",
    "writer-call-in-writerless-context",
    "component-added-late",
    "volume-added-without-set",
    "volume-added-late",
    "prepare-before-set",
    "prepare-missing",
    "prepare-not-finished",
    "options-too-late",
    "succeeded-after-complete",
    "restore-selection-late",
    "restore-metadata-not-gathered",
    "restore-status-out-of-window",
    "restore-subcomponent-without-root",
    "restore-abort",
    "post-restore-without-pre-restore",
    "status-read-without-gather",
    "async-timeout-ignored",
    "import-without-document",
];

/// What the re-use of an instance looks like from near.
const REUSE_SIGNS: &[&str] = &[
    "second-snapshot-set-on-instance",
    "gather-metadata-twice",
    "set-context-twice",
    "context-set-late",
    "backup-state-changed-late",
    "component-added-late",
    "volume-added-late",
    "options-too-late",
    "initialize-twice",
    "component-added-twice",
    "succeeded-after-complete",
    "backup-complete-twice",
    "prepare-missing",
    "metadata-not-gathered",
];

/// Every link. The order means nothing.
pub const LINKS: &[Link] = &[
    // The machine, the service.
    link(&["host-restarted-mid-session"], &["service-stopped-mid-session"], Tie::Set),
    link(OUTAGE, CUT_OFF, Tie::Set),
    link(OUTAGE, BROKEN_FREEZE, Tie::Set),
    link(OUTAGE, STORAGE, Tie::Set),
    link(OUTAGE, HOLD, Tie::Set),
    link(OUTAGE, WRITER_FAILED, Tie::Set),
    link(OUTAGE, WRITER_SIGNS, Tie::Set),
    link(OUTAGE, &["freeze-window-exceeded"], Tie::Set),
    link(OUTAGE, &["vss-error-logged", "writer-infrastructure"], Tie::Host(TimeDelta::minutes(1))),
    link(&["host-restarted-mid-session"], LOSS, Tie::Host(TimeDelta::minutes(10))),
    link(LOSS, &["vss-error-logged"], Tie::Host(TimeDelta::minutes(1))),
    // The diff area.
    link(
        &["diff-area-low", "diff-area-changed-during-backup"],
        &[
            "insufficient-storage",
            "shadow-lost-during-backup",
            "shadow-copies-aborted",
            "oldest-shadow-deleted",
        ],
        Tie::Host(TimeDelta::hours(6)),
    ),
    link(&["insufficient-storage"], &["provider-veto", "provider-unexpected-error"], Tie::Set),
    link(
        &["shadow-copies-deleted-by-command", "shadow-storage-resized-by-command"],
        &[
            "foreign-delete-of-live-set",
            "mass-shadow-delete",
            "shadow-lost-during-backup",
            "shadow-copies-aborted",
            "diff-area-changed-during-backup",
            "delete-object-not-found",
            "oldest-shadow-deleted",
        ],
        Tie::Host(TimeDelta::minutes(5)),
    ),
    link(
        &["shadow-copies-deleted-by-command", "shadow-storage-resized-by-command", "oldest-shadow-deleted"],
        &[
            "diff-area-changed-during-backup",
            "delete-object-not-found",
            "component-marked-failed",
            "shadow-lost-during-backup",
        ],
        Tie::Set,
    ),
    link(&["foreign-delete-of-live-set"], &["component-marked-failed"], Tie::Set),
    link(&["foreign-delete-of-live-set"], &["mass-shadow-delete"], Tie::Host(TimeDelta::minutes(5))),
    link(
        &["foreign-delete-of-live-set"],
        &["shadow-lost-during-backup", "delete-object-not-found", "backup-complete-after-shadow-lost"],
        Tie::Set,
    ),
    link(
        LOSS,
        &[
            "backup-complete-after-shadow-lost",
            "delete-object-not-found",
            "backup-complete-failed",
            "backup-shutdown-without-complete",
            "component-marked-failed",
            "vss-error-logged",
        ],
        Tie::Set,
    ),
    link(
        &["auto-release-released-early"],
        &["delete-object-not-found", "shadow-lost-during-backup"],
        Tie::Set,
    ),
    // The provider and the limits of time.
    link(
        &["provider-precommit-slow", "provider-commit-slow"],
        &[
            "flush-hold-exceeded",
            "flush-hold-long",
            "hold-writes-timeout",
            "freeze-window-exceeded",
            "freeze-window-long",
        ],
        Tie::Set,
    ),
    link(
        &["freeze-handler-slow", "database-failed-in-freeze"],
        &["freeze-window-exceeded", "freeze-window-long", "writer-failed-at-freeze"],
        Tie::Set,
    ),
    link(
        &["database-failed-in-freeze"],
        &[
            "writer-failed-at-prepare-snapshot",
            "writer-failed-at-thaw",
            "writer-failed-at-post-snapshot",
            "abort-during-freeze",
            "writer-rejected-event",
        ],
        Tie::Writer,
    ),
    // A flush that does not end keeps the other volumes held; both end in the timeout of the hold.
    link(
        &["flush-writes-timeout"],
        &["flush-hold-exceeded", "flush-hold-long", "hold-writes-timeout"],
        Tie::Set,
    ),
    link(&["flush-hold-exceeded"], &["hold-writes-timeout"], Tie::Set),
    link(
        &["flush-hold-exceeded", "flush-hold-long"],
        &["freeze-window-exceeded", "freeze-window-long"],
        Tie::Set,
    ),
    link(HOLD, BROKEN_FREEZE, Tie::Set),
    // What a database engine notes of a freeze that was broken off by something else (`Draft::aftermath`).
    link(
        &["freeze-window-exceeded", "abort-during-freeze", "async-cancelled", "clock-stepped"],
        &["database-failed-in-freeze"],
        Tie::Aftermath,
    ),
    link(HOLD, &["database-failed-in-freeze"], Tie::Aftermath),
    link(STORAGE, &["database-failed-in-freeze"], Tie::Aftermath),
    link(OUTAGE, &["database-failed-in-freeze"], Tie::Aftermath),
    // A step of the clock uses up every limit.
    link(
        &["clock-stepped"],
        &["freeze-window-exceeded", "freeze-window-long", "writer-failed-at-freeze", "writer-failed-at-thaw"],
        Tie::Set,
    ),
    link(
        &["clock-stepped"],
        &["freeze-window-exceeded", "vss-error-logged"],
        Tie::Host(TimeDelta::minutes(1)),
    ),
    link(&["clock-stepped"], HOLD, Tie::Set),
    link(&["clock-stepped"], BROKEN_FREEZE, Tie::Set),
    link(HOLD, AFTER_FAILURE, Tie::Set),
    link(HOLD, ABANDONED, Tie::Aftermath),
    link(HOLD, &["provider-veto", "provider-unexpected-error"], Tie::Set),
    link(HOLD, &["writer-failed-at-freeze", "writer-failed-at-thaw", "writer-error-retryable"], Tie::Set),
    link(HOLD, &["vss-error-logged"], Tie::Host(TimeDelta::minutes(1))),
    link(STORAGE, BROKEN_FREEZE, Tie::Set),
    link(STORAGE, AFTER_FAILURE, Tie::Set),
    link(STORAGE, ABANDONED, Tie::Aftermath),
    link(STORAGE, &["writer-failed-at-freeze", "writer-failed-at-thaw", "writer-error-retryable"], Tie::Set),
    link(STORAGE, &["vss-error-logged"], Tie::Host(TimeDelta::minutes(1))),
    link(
        &["freeze-window-exceeded"],
        &["writer-failed-at-freeze", "writer-failed-at-thaw", "writer-rejected-event", "thaw-missing"],
        Tie::Writer,
    ),
    link(&["freeze-window-exceeded"], BROKEN_FREEZE, Tie::Set),
    link(&["freeze-window-exceeded"], WRITER_CODES, Tie::Writer),
    link(&["freeze-window-exceeded"], AFTER_FAILURE, Tie::Set),
    link(&["freeze-window-exceeded"], ABANDONED, Tie::Aftermath),
    // The writers.
    link(WRITER_FAILED, WRITER_SIGNS, Tie::Writer),
    link(TELLING_CODES, WRITER_FAILED, Tie::Writer),
    link(TELLING_CODES, WRITER_SIGNS, Tie::Writer),
    link(WRITER_FAILED, &["vss-error-logged"], Tie::Host(TimeDelta::minutes(1))),
    link(
        &["writer-disappeared", "writer-not-responding", "writer-infrastructure", "writer-exception"],
        &[
            "writer-failed-at-identify",
            "writer-failed-at-prepare-backup",
            "writer-failed-at-prepare-snapshot",
            "writer-failed-at-freeze",
            "writer-failed-at-thaw",
            "writer-failed-at-post-snapshot",
            "writer-failed-at-backup-complete",
            "writer-failed-at-restore",
            "thaw-missing",
        ],
        Tie::Writer,
    ),
    link(WRITER_FAILED, BROKEN_FREEZE, Tie::Set),
    link(WRITER_FAILED, AFTER_FAILURE, Tie::Set),
    link(WRITER_FAILED, ABANDONED, Tie::Aftermath),
    link(WRITER_CODES, BROKEN_FREEZE, Tie::Set),
    link(WRITER_CODES, AFTER_FAILURE, Tie::Set),
    link(WRITER_CODES, ABANDONED, Tie::Aftermath),
    link(WRITER_CODES, &["writer-rejected-event", "writer-listed-as-failed"], Tie::Writer),
    link(&["writer-rejected-event"], &["writer-listed-as-failed"], Tie::Writer),
    link(&["writer-rejected-event"], AFTER_FAILURE, Tie::Set),
    link(&["writer-rejected-event"], ABANDONED, Tie::Aftermath),
    link(
        &["writer-failed-at-backup-complete"],
        &["backup-complete-failed", "writer-shutdown-without-complete", "vss-error-logged"],
        Tie::Set,
    ),
    link(&["writer-failed-at-backup-complete", "writer-failed-at-restore"], WRITER_SIGNS, Tie::Writer),
    link(
        &["writer-failed-at-backup-shutdown"],
        &["writer-error-retryable", "writer-error-nonretryable", "writer-rejected-event"],
        Tie::Writer,
    ),
    link(BROKEN_FREEZE, &["snapshot-set-failed", "vss-error-logged"], Tie::Set),
    link(BROKEN_FREEZE, ABANDONED, Tie::Aftermath),
    link(&["snapshot-set-failed"], ABANDONED, Tie::Aftermath),
    link(ABANDONED, BROKEN_FREEZE, Tie::Set),
    link(ABANDONED, &["snapshot-set-failed", "vss-error-logged"], Tie::Set),
    link(ABANDONED, &["database-failed-in-freeze"], Tie::Aftermath),
    link(&["abort-during-freeze"], &["provider-aborted", "writer-event-order"], Tie::Set),
    // The requester.
    link(
        &["async-cancelled"],
        &[
            "provider-aborted",
            "abort-during-freeze",
            "snapshot-set-failed",
            "abandoned-without-abort",
            "vss-error-logged",
        ],
        Tie::Set,
    ),
    link(&["backup-complete-after-failed-snapshot"], &["succeeded-after-failed-snapshot"], Tie::Set),
    link(WRONG_ORDER, &["bad-state"], Tie::Set),
    link(
        WRONG_ORDER,
        &["snapshot-set-failed", "backup-complete-failed", "abandoned-without-abort"],
        Tie::Set,
    ),
    link(
        &["access-denied", "bad-state"],
        &["snapshot-set-failed", "abandoned-without-abort", "set-left-open"],
        Tie::Set,
    ),
    link(&["access-denied"], &["retries-exhausted", "async-cancelled", "vss-error-logged"], Tie::Set),
    link(&["instance-reused-after-complete", "instance-reused-after-abort"], REUSE_SIGNS, Tie::Set),
    // A component that cannot be selected, or was selected too late, is not selected.
    link(
        &["restore-writer-missing", "restore-selection-late"],
        &["restore-nothing-selected", "restore-subcomponent-without-root"],
        Tie::Set,
    ),
    link(
        &["writer-restarted-during-restore"],
        &["writer-disappeared", "writer-failed-at-restore"],
        Tie::Writer,
    ),
    link(&["restore-status-out-of-window"], &["restore-status-not-set"], Tie::Set),
    link(&["post-restore-without-pre-restore"], &["restore-status-out-of-window"], Tie::Set),
    link(&["second-snapshot-set-on-instance"], &["gather-metadata-twice", "component-added-late"], Tie::Set),
    link(&["backup-complete-failed"], &["persistent-set-orphaned", "vss-error-logged"], Tie::Set),
    link(
        &["backup-shutdown-without-complete", "abandoned-without-abort"],
        &["persistent-set-orphaned", "writer-shutdown-without-complete", "metadata-not-saved"],
        Tie::Set,
    ),
    link(
        &["backup-shutdown-without-complete", "abandoned-without-abort"],
        &["writer-waiting-complete", "stale-writer-status", "writer-sessions-exhausted"],
        Tie::Host(TimeDelta::days(2)),
    ),
    // The outcome "failed" of a set that was created: it was lost, or the writers were never told of its end.
    link(
        &[
            "backup-shutdown-without-complete",
            "shadow-lost-during-backup",
            "backup-complete-failed",
            "set-left-open",
        ],
        &["snapshot-set-failed"],
        Tie::Set,
    ),
    link(&["snapshot-set-failed"], &["retries-exhausted", "retry-too-soon", "vss-error-logged"], Tie::Set),
    link(&["import-failed"], &["transportable-completed-before-import", "snapshot-set-failed"], Tie::Set),
    link(&["import-without-document"], &["import-failed"], Tie::Set),
    link(&["import-failed", "import-without-document"], &["break-before-import"], Tie::Set),
    // A provider hears of a set that was given up before DoSnapshotSet only by the next one.
    link(
        &["set-left-open", "abandoned-without-abort", "abort-not-called-after-start"],
        &["provider-set-superseded"],
        Tie::Set,
    ),
    link(&["prepare-missing"], &["writer-event-order", "succeeded-not-set"], Tie::Set),
    // Other requesters.
    link(
        &["set-left-open"],
        &["snapshot-set-in-progress", "snapshot-set-in-progress-stuck", "overlapping-set-creation"],
        Tie::Host(TimeDelta::hours(24)),
    ),
    link(
        &["snapshot-set-in-progress-stuck"],
        &["snapshot-set-in-progress", "retries-exhausted"],
        Tie::Host(TimeDelta::hours(1)),
    ),
    link(
        &["snapshot-set-in-progress", "snapshot-set-in-progress-stuck"],
        &["vss-error-logged"],
        Tie::Host(TimeDelta::minutes(1)),
    ),
    link(
        &["snapshot-set-in-progress", "snapshot-set-in-progress-stuck"],
        &["abandoned-without-abort", "snapshot-set-failed", "retries-exhausted"],
        Tie::Set,
    ),
];
