#![no_main]
#![allow(
    unsafe_code,
    missing_docs,
    reason = "libFuzzer calls functions of fixed names, which its macros define"
)]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| fuzz::api::run(&String::from_utf8_lossy(data)));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    // Bytes are changed as libFuzzer likes, or what they mean is.
    if seed % 2 == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let text = String::from_utf8_lossy(&data[..size]).into_owned();
    fuzz::fill(data, max_size, &fuzz::api::mutated(&text, seed))
});
