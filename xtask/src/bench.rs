//! `cargo xtask bench`: how fast the simulation is, natively and in wasm.
//!
//! Each call is made several times, each in a process of its own, compiled as it is shipped. Median and best are
//! shown: wall time on a busy machine says little, and the best of several runs says most. `docs/PERFORMANCE.md`
//! keeps what was measured. At the end, or with `--size` alone, it tells what the command line weighs with the cluster
//! behind it.

use crate::Result;
use crate::args::Args;
use crate::system::{self, Need};
use crate::wasm_probe::{Answer, Probe};
use crate::{process, shrink, size, tools, workspace};

/// How often each call is measured, if nothing else is asked for.
const RUNS: usize = 5;

/// A StatefulSet that comes up: replicas, whether each has a claim, and whether it is `Parallel`.
const SETS: [(u64, bool, bool); 6] = [
    (100, true, false),
    (1_000, true, false),
    (1_000, false, false),
    (10_000, false, false),
    (1_000, false, true),
    (10_000, false, true),
];

/// Clusters that are cloned: how many objects they have, and how often.
const CLONED: [(u64, u64); 2] = [(200, 1_000_000), (2_000, 1_000_000)];

/// How often controllers look at what is as it should be.
const LOOKS: u64 = 1_000_000;

/// How often the time line is sought in, and the scenario played again.
const SEEKS: u64 = 10_000_000;
const REPLAYS: u64 = 20;

/// What the command line with the cluster may weigh, in bytes of brotli: as much as the best other cluster in a browser.
/// It is over it, and says by how much.
const COMMAND_LINE_BUDGET: usize = 123_000;

/// A measured call, in one of the two builds.
type Call<'a> = &'a dyn Fn(&str, &[u64]) -> Result<Answer>;

/// Runs the command.
pub(crate) fn run(mut args: Args) -> Result {
    let runs = match args.value("--runs")? {
        None => RUNS,
        Some(text) => match text.parse() {
            Ok(runs) if runs > 0 => runs,
            _ => return Err(format!("`{text}` is no number of runs")),
        },
    };
    let size_only = args.flag("--size");
    args.finish()?;
    system::ensure(&[Need::Node])?;
    if size_only {
        return weigh();
    }
    let probe = Probe::build()?;
    let native = |name: &str, arguments: &[u64]| probe.call_native(name, arguments);
    let wasm = |name: &str, arguments: &[u64]| probe.call_wasm(name, arguments);
    println!(
        "\n{:52}  {:>21}  {:>21}",
        format!("median (best) of {runs}"),
        "native",
        "wasm"
    );
    for (replicas, claims, parallel) in SETS {
        let arguments = [replicas, u64::from(claims), u64::from(parallel)];
        let steps = native("scale_up", &arguments)?.result;
        if steps == 0 {
            return Err(format!("{replicas} replicas don't come up"));
        }
        let with = if claims { "with" } else { "without" };
        let order = if parallel { "Parallel" } else { "OrderedReady" };
        let what = format!("{replicas} {order} {with} claims: {steps} steps");
        let per_second = |call: Call<'_>| -> Result<Measured> {
            let time = measured(call, "scale_up", &arguments, runs)?;
            Ok(time.map(|milliseconds| steps as f64 / milliseconds * 1_000.0))
        };
        line(&what, [per_second(&native)?, per_second(&wasm)?], "steps/s");
    }
    for (wanted, times) in CLONED {
        let objects = native("clones", &[wanted, 0])?.result;
        let what = format!("clone a cluster of {objects} objects");
        let each = |call: Call<'_>| difference(call, "clones", &[wanted], times, runs);
        line(&what, [each(&native)?, each(&wasm)?], "ms");
    }
    if native("looks", &[1_000])?.result != 0 {
        return Err("a cluster at rest makes steps".to_owned());
    }
    let each = |call: Call<'_>| difference(call, "looks", &[], LOOKS, runs);
    let per_second = |time: Measured| time.map(|milliseconds| 1_000.0 / milliseconds);
    line(
        "turns of a controller that finds nothing to do",
        [per_second(each(&native)?), per_second(each(&wasm)?)],
        "turns/s",
    );
    let frames = native("seeks", &[0])?.result;
    let bytes = native("frame_bytes", &[])?.result;
    println!("memory of one of {frames} frames, with all that is printed: {bytes} bytes");
    let each = |call: Call<'_>| difference(call, "seeks", &[], SEEKS, runs);
    line(
        &format!("go to one of {frames} frames"),
        [each(&native)?, each(&wasm)?],
        "ms",
    );
    let each = |call: Call<'_>| difference(call, "replays", &[], REPLAYS, runs);
    line(
        &format!("play {frames} frames again"),
        [each(&native)?, each(&wasm)?],
        "ms",
    );
    weigh()
}

/// Builds the command line with its cluster and nothing else for the browser, and tells its size.
fn weigh() -> Result {
    const TARGET: &str = "wasm32-unknown-unknown";
    let tools = tools::Tools::ensure()?;
    let example = ["--package", "kubectl", "--example", "command_line"];
    let mut build = process::cargo(&["rustc", "--release", "--target", TARGET]);
    let relocations = ["--", "-C", "link-arg=--emit-relocs"];
    process::run(build.args(example).args(relocations))?;
    let folder = workspace::target().join(TARGET).join("release/examples");
    let mut module = folder.join("command_line.wasm");
    if tools.wasm_opt {
        let smaller = folder.join("command_line.small.wasm");
        std::fs::copy(&module, &smaller)
            .map_err(|error| format!("cannot write {}: {error}", smaller.display()))?;
        shrink::silence(&smaller, &module)?;
        shrink::optimise(&smaller)?;
        module = smaller;
    }
    let bytes = size::brotli_of(&module)?;
    let over = match bytes.checked_sub(COMMAND_LINE_BUDGET) {
        None | Some(0) => "within it".to_owned(),
        Some(over) => format!("{over} over it"),
    };
    println!(
        "kubectl and the cluster as wasm: {bytes} bytes of brotli; the budget is {COMMAND_LINE_BUDGET}: {over}"
    );
    Ok(())
}

/// Several measurements of one thing.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Measured {
    median: f64,
    best: f64,
}

impl Measured {
    /// Of times, of which the shortest is the best.
    fn of(mut times: Vec<f64>) -> Measured {
        times.sort_by(f64::total_cmp);
        // Of an even number, the lower of the two in the middle.
        Measured {
            median: times[(times.len() - 1) / 2],
            best: times[0],
        }
    }

    fn map(self, change: impl Fn(f64) -> f64) -> Measured {
        Measured {
            median: change(self.median),
            best: change(self.best),
        }
    }
}

/// Milliseconds of a call.
fn measured(call: Call<'_>, name: &str, arguments: &[u64], runs: usize) -> Result<Measured> {
    let times: Result<Vec<f64>> = (0..runs)
        .map(|_| Ok(call(name, arguments)?.milliseconds))
        .collect();
    Ok(Measured::of(times?))
}

/// Milliseconds of one of the many things that a call does: the time of the call, without that of
/// one that only prepares.
fn difference(
    call: Call<'_>,
    name: &str,
    arguments: &[u64],
    times: u64,
    runs: usize,
) -> Result<Measured> {
    let with = |times| measured(call, name, &[arguments, &[times]].concat(), runs);
    let (all, none) = (with(times)?, with(0)?);
    let each = |all: f64, none: f64| (all - none).max(0.0) / times as f64;
    Ok(Measured {
        median: each(all.median, none.median),
        best: each(all.best, none.best),
    })
}

fn line(what: &str, builds: [Measured; 2], unit: &str) {
    let [native, wasm] =
        builds.map(|Measured { median, best }| format!("{} ({})", rounded(median), rounded(best)));
    println!("{what:52}  {native:>21}  {wasm:>21}  {unit}");
}

/// Three significant figures.
fn rounded(value: f64) -> String {
    if value <= 0.0 {
        return "0".to_owned();
    }
    let digits = 2 - value.log10().floor() as i32;
    match usize::try_from(digits) {
        Ok(digits) => format!("{value:.digits$}"),
        Err(_) => {
            let step = 10_f64.powi(-digits);
            format!("{:.0}", (value / step).round() * step)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_and_the_best_is_the_shortest() {
        let check = |times: &[f64], median: f64, best: f64| {
            assert_eq!(Measured::of(times.to_vec()), Measured { median, best });
        };
        check(&[9.0, 1.0, 2.0], 2.0, 1.0);
        check(&[4.0, 1.0], 1.0, 1.0);
    }

    #[test]
    fn three_figures_are_shown() {
        let check = |value: f64, expected: &str| assert_eq!(rounded(value), expected, "{value}");
        check(123_456.0, "123000");
        check(12.345, "12.3");
        check(0.001_234_5, "0.00123");
        check(0.0, "0");
    }

    #[test]
    fn a_difference_is_per_thing() {
        let call = |_: &str, arguments: &[u64]| {
            Ok(Answer {
                result: 1,
                milliseconds: 5.0 + 2.0 * arguments[1] as f64,
            })
        };
        let each = difference(&call, "clones", &[3], 10, 3).expect("the call works");
        assert_eq!((each.median, each.best), (2.0, 2.0));
    }
}
