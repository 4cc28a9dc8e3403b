//! A limit on memory and time for one piece of work, in proportion to its input.
//!
//! libFuzzer's own limits are for the process and for seconds; what is wanted here is that ten bytes do not ask for a
//! gigabyte. The allocator refuses what goes beyond the limit, which ends the process and so becomes a finding.

use cap::Cap;
use cpu_time::ThreadTime;
use std::alloc::System;
use std::sync::Once;
use std::time::Duration;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

/// How much a piece of work may take.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Bytes of memory whatever the input.
    pub memory: usize,
    /// Bytes of memory per byte of input.
    pub memory_per_byte: usize,
    /// Time whatever the input.
    pub time: Duration,
    /// Time per byte of input.
    pub time_per_byte: Duration,
}

impl Budget {
    /// What a reader may take: buffers of a few MiB, and what JSON needs that is parsed into values. The times are a hundred
    /// times those that are usual, since the code is instrumented and the machine is shared.
    pub const READER: Budget = Budget {
        memory: 24 << 20,
        memory_per_byte: 400,
        time: Duration::from_millis(400),
        time_per_byte: Duration::from_micros(20),
    };

    /// Does the work.
    ///
    /// # Panics
    /// It takes too much time, three times in a row: the first time may have waited for a page or a cache. Too much memory
    /// ends the process.
    pub fn spend<T>(&self, input: usize, work: impl Fn() -> T) -> T {
        in_this_thread();
        let memory = self.memory.saturating_add(self.memory_per_byte.saturating_mul(input));
        let bytes = u32::try_from(input).unwrap_or(u32::MAX);
        let time = self.time.saturating_add(self.time_per_byte.saturating_mul(bytes));
        let mut taken = Duration::MAX;
        for _ in 0..3 {
            let limit = HEAP.allocated().saturating_add(memory);
            HEAP.set_limit(limit).expect("more than what is there");
            let start = ThreadTime::now();
            let result = work();
            taken = taken.min(start.elapsed());
            HEAP.set_limit(usize::MAX).expect("there is no more");
            if taken <= time {
                return result;
            }
        }
        panic!("{taken:?} for {input} bytes, allowed {time:?}");
    }
}

/// Lets the readers work in this thread, where their time is measured.
fn in_this_thread() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
        pool.build_global().expect("the first pool");
    });
}
