#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| vsscope_fuzz::targets::registry(bytes));
