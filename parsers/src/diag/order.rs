//! The order of steps that were noted in one tick of the clock: ticks of 15.6 ms are usual, so that ties are too.
//!
//! Values lie in the registry in the order in which they were created, which is not that of the last run. So of equal
//! times the outer step begins first and the inner one ends first. Only names are asked. Nothing but the order of
//! ties may rest on this.

use super::names;
use std::collections::HashMap;
use vsscope_model::Actor;

/// Position of a step among those of its tick.
pub(super) type Rank = (u16, u8);

/// What is not in the table comes last: beginnings, then ends.
const UNKNOWN: u16 = u16::MAX;

/// The steps of a run with their depth, as event traces of whole runs show them. A writer's callback stands where the
/// first writer may get it. `IDENTIFY` and `DeleteProcess` come more than once in a run; they stand where the last
/// one does, since only that one is left in the registry. That what makes restore points encloses the rest is
/// inferred.
const RUN: &[(usize, Actor, &str)] = {
    use Actor::{Provider, Requester, Service, Volsnap, Writer};
    &[
        (0, Requester, "SrCreateRp"),
        (1, Requester, "SppCreate"),
        (2, Requester, "SppGatherWriterMetadata"),
        (2, Requester, "SppAddInterestingComponents"),
        (2, Provider, "PROVIDER_BEGINPREPARE"),
        (2, Requester, "PREPAREBACKUP"),
        (3, Writer, "PREPAREBACKUP"),
        (3, Writer, "VSS_WS_STABLE"),
        (2, Requester, "DOSNAPSHOT"),
        (3, Provider, "PROVIDER_ENDPREPARE"),
        (4, Volsnap, "PrepareForSnapshot"),
        (5, Volsnap, "PreExposure"),
        (3, Service, "PREPARESNAPSHOT"),
        (4, Writer, "PREPARESNAPSHOT"),
        (4, Writer, "VSS_WS_WAITING_FOR_FREEZE"),
        (3, Service, "FREEZE"),
        (4, Service, "FREEZE_FRONT"),
        (5, Writer, "FREEZE"),
        (5, Writer, "VSS_WS_WAITING_FOR_THAW"),
        (4, Service, "FREEZE_BACK"),
        (4, Service, "FREEZE_SYSTEM"),
        (4, Service, "FREEZE_KTM"),
        (4, Service, "FREEZE_RM"),
        (3, Provider, "PROVIDER_PRECOMMIT"),
        (3, Service, "OPEN_VOLUME_HANDLE"),
        (3, Service, "IOCTL_FLUSH_AND_HOLD"),
        (3, Provider, "PROVIDER_COMMIT"),
        (3, Service, "IOCTL_RELEASE"),
        (3, Provider, "PROVIDER_POSTCOMMIT"),
        (4, Volsnap, "EndCommit"),
        (3, Service, "THAW_KTM"),
        (3, Service, "THAW"),
        (4, Writer, "THAW"),
        (5, Writer, "BKGND_FREEZE_THREAD"),
        (4, Writer, "VSS_WS_WAITING_FOR_POST_SNAPSHOT"),
        (3, Provider, "PROVIDER_PREFINALCOMMIT"),
        (4, Volsnap, "SetIgnorable"),
        (4, Volsnap, "DeleteProcess"),
        (3, Service, "POSTSNAPSHOT"),
        (4, Writer, "POSTSNAPSHOT"),
        (4, Writer, "VSS_WS_WAITING_FOR_BACKUP_COMPLETE"),
        (3, Provider, "PROVIDER_POSTFINALCOMMIT"),
        (4, Volsnap, "AdjustBitmap"),
        (5, Volsnap, "ComputeIgnorableProduct"),
        (2, Requester, "GETSTATE"),
        (3, Writer, "GETSTATE"),
        (2, Requester, "IDENTIFY"),
        (3, Writer, "IDENTIFY"),
        (2, Requester, "BACKUPCOMPLETE"),
        (3, Writer, "BACKUPCOMPLETE"),
        (0, Requester, "SppGetSnapshots"),
        (0, Requester, "SppEnumGroups"),
    ]
};

/// Positions of beginning and end of every known step.
pub(super) struct Order(HashMap<(Actor, String), (u16, u16)>);

impl Order {
    /// Walks the run: a step ends when one begins that it does not contain.
    pub fn new() -> Self {
        let mut positions = HashMap::new();
        let mut open: Vec<(usize, Actor, &str, u16)> = Vec::new();
        let mut next: u16 = 0;
        let after = RUN.iter().copied().map(Some).chain([None]);
        for step in after {
            let depth = step.map_or(0, |(depth, ..)| depth);
            while let Some((_, actor, base, begin)) = open.pop_if(|(inside, ..)| *inside >= depth) {
                next = next.saturating_add(1);
                positions.insert((actor, base.to_ascii_uppercase()), (begin, next));
            }
            next = next.saturating_add(1);
            open.extend(step.map(|(depth, actor, base)| (depth, actor, base, next)));
        }
        Order(positions)
    }

    /// The position of a value, by its name. The flush of all volumes encloses that of each one.
    pub fn rank(&self, actor: Actor, has_volume: bool, name: &str) -> Rank {
        let (_, base, edge) = names::parts(name).unwrap_or((None, name, ""));
        let (begin, end) =
            self.0.get(&(actor, base.to_ascii_uppercase())).copied().unwrap_or((UNKNOWN - 1, UNKNOWN));
        match edge {
            "Enter" => (begin, u8::from(has_volume)),
            _ => (end, u8::from(!has_volume)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Actor::{Requester, Service, Writer};

    fn sorted(mut steps: Vec<(Actor, bool, &str)>) -> Vec<&str> {
        let order = Order::new();
        steps.sort_by_key(|(actor, volume, name)| order.rank(*actor, *volume, name));
        steps.into_iter().map(|(_, _, name)| name).collect()
    }

    #[test]
    fn the_outer_step_begins_first_and_ends_last() {
        let steps = vec![
            (Requester, false, "SppCreate (Leave)"),
            (Requester, false, "SrCreateRp (Leave)"),
            (Requester, false, "SrCreateRp (Enter)"),
            (Requester, false, "SppGatherWriterMetadata (Leave)"),
            (Requester, false, "SppAddInterestingComponents (Enter)"),
            (Requester, false, "SppCreate (Enter)"),
        ];
        let expected = [
            "SrCreateRp (Enter)",
            "SppCreate (Enter)",
            "SppGatherWriterMetadata (Leave)",
            "SppAddInterestingComponents (Enter)",
            "SppCreate (Leave)",
            "SrCreateRp (Leave)",
        ];
        assert_eq!(sorted(steps), expected);
    }

    #[test]
    fn a_state_follows_the_end_of_its_callback() {
        let steps = vec![
            (Service, false, "FREEZE (Leave)"),
            (Writer, false, "VSS_WS_WAITING_FOR_THAW (SetCurrentState)"),
            (Writer, false, "FREEZE (Leave)"),
            (Service, false, "FREEZE (Enter)"),
            (Writer, false, "FREEZE (Enter)"),
        ];
        let expected = [
            "FREEZE (Enter)",
            "FREEZE (Enter)",
            "FREEZE (Leave)",
            "VSS_WS_WAITING_FOR_THAW (SetCurrentState)",
            "FREEZE (Leave)",
        ];
        assert_eq!(sorted(steps), expected);
    }

    #[test]
    fn the_flush_of_all_volumes_encloses_that_of_one() {
        let order = Order::new();
        let rank = |volume, name| order.rank(Service, volume, name);
        assert!(rank(false, "IOCTL_RELEASE (Enter)") < rank(true, "IOCTL_RELEASE (Enter)"));
        assert!(rank(true, "IOCTL_RELEASE (Leave)") < rank(false, "IOCTL_RELEASE (Leave)"));
    }

    #[test]
    fn unknown_steps_still_begin_before_they_end() {
        assert_eq!(
            sorted(vec![(Writer, false, "NEWWORD (Leave)"), (Writer, false, "NEWWORD (Enter)")]),
            ["NEWWORD (Enter)", "NEWWORD (Leave)"]
        );
    }
}
