//! Same seed, same actions: the same steps, every time, natively and in wasm.

use crate::Result;
use crate::wasm_probe::Probe;

const SEEDS: [u64; 6] = [0, 1, 2, 7, 2021, u64::MAX];

/// Plays the chapter's scenario from several seeds, twice natively and once in wasm, and compares
/// hashes of all steps. Different seeds have to give different steps, or the comparison is worth nothing.
pub(crate) fn check() -> Result {
    let probe = Probe::build()?;
    let mut hashes = Vec::new();
    for seed in SEEDS {
        let steps = probe.call_native("scenario_steps", &[seed])?.result;
        let first = probe.call_native("scenario", &[seed])?.result;
        let second = probe.call_native("scenario", &[seed])?.result;
        let wasm = probe.call_wasm("scenario", &[seed])?.result;
        println!(
            "seed {seed:20}: {steps} steps, native {first:016x} {second:016x}, wasm {wasm:016x}"
        );
        if first != second || first != wasm {
            return Err(format!(
                "the steps of seed {seed} are not the same every time"
            ));
        }
        hashes.push(first);
    }
    all_differ(&hashes)
}

fn all_differ(hashes: &[u64]) -> Result {
    let mut sorted = hashes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    match sorted.len() == hashes.len() {
        true => Ok(()),
        false => Err("two seeds gave the same steps: is the seed used at all?".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_have_to_matter() {
        assert!(all_differ(&[3, 1, 2]).is_ok());
        assert!(all_differ(&[3, 1, 3]).is_err());
    }
}
