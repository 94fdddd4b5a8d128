//! What is to be proved has a test of its name: the rows of upstream's own tests, and what
//! surprised in the recordings of a real control plane.

use std::collections::BTreeSet;
use std::path::Path;

/// Rows of `stateful_set_control_test.go`, `stateful_set_test.go`, `stateful_set_utils_test.go` and
/// `stateful_pod_control_test.go`, and of `test/e2e/apps/statefulset.go`, as they are called there;
/// and the invariants that those tests assert.
const ROWS: &str = "
    I1 I2 I3 I4 I5 I6 I7 I8 I9
    CreatesPods ScalesUp ScalesDown ReplacesPods RecreatesFailedPod RecreatesSucceededPod
    RecreatesFailedPodWithDeleteFailure RecreatesSucceededPodWithDeleteFailure
    CreatePodFailure UpdatePodFailure UpdateSetStatusFailure NewRevisionDeletePodFailure
    RecreatesPvcForPendingPod CreatesPodsWithStartOrdinal ScaleDownDeleteError
    GetSetRevisionsInitial GetSetRevisionsCreatesOnUpdate GetSetRevisionsNotRecreated
    GetSetRevisionsRollback
    RollingUpdateWithMaxUnavailable RollingUpdateWithMaxUnavailableInOrderedModeVerifyInvariant
    RollingUpdate OnDeleteUpdate RollingUpdateWithPartition HonorRevisionHistoryLimit
    ControlLimitsHistory Rollback Availability StatusUpdate ParallelScale
    RollingUpdateRespectsMinReadySeconds ScaleDownRespectsMinReadySeconds
    OnDeleteStrategyIgnoresMinReadySeconds ZeroMinReadySeconds
    PartitionRollingUpdateWithMinReadySeconds StatefulSetMetrics

    BlocksScaling RespectsTermination DeletionTimestamp DeletionTimestampRace StaleOwnerRefOnScaleup
    AdoptsMatchingOrphansAndReleasesNonMatching LeavesAloneWhatDoesNotFit SetWithAnotherUid
    ParentAndOrdinal
    ClaimsAreLabelledAndReplaceVolumes CreateSinksAlreadyExists ExistingClaimMakesNoEvent
    ClaimTerminatingFailsCreation DeletingAMissingPodIsSuccess UpToDatePodIsNotWritten
    StaleClaimBlocksCreation

    E2eBasicIdentity E2eNotDeadlockWhenAPodsPredecessorFails E2eRollingUpdatesAndRollBacks
    E2eCanaryAndPhasedUpdatesWithAPartition E2ePartition1AndDeletePod0
    E2eRollingUpdatesWithMaxUnavailable E2eLegacyReplacementOnDelete
    E2ePredictableOrderAndHaltIfUnhealthy E2eBurstScaling E2eRecreateEvicted E2eScaleSubresource
    E2eListPatchDeleteCollection E2eStatusEndpoints E2eMinReadySecondsAvailableReplicas
    E2ePvcWhenDeleted E2ePvcOnScaledown E2ePvcOwnedByAnotherController E2ePvcAfterAdoptingPod
    E2ePvcNotDeletedWhenAnotherControllerOwnsIt E2ePvcRecreatedForAPendingPod
    E2eStartOrdinal E2eClusteredApps

    Edge1 Edge2 Edge3 Edge4 Edge5 Edge6 Edge7 Edge8
";

/// The surprises that concern the command line alone. Its own tests replay the recorded sessions in
/// which they were seen, word by word.
const OF_THE_COMMAND_LINE: [u32; 3] = [
    // What `kubectl rollout status` says of an update without partition.
    47, // Where "No resources found" goes.
    48, // `configured` for an unchanged set, and a file without replicas.
    49,
];

/// Names of all tests of this crate.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests"] {
        collect(&root.join(folder), &mut names);
    }
    names
}

fn collect(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).expect("a source is text");
            let mut marked = false;
            for line in source.lines().map(str::trim) {
                match line.strip_prefix("fn ") {
                    Some(rest) if marked => {
                        names.extend(rest.split('(').next().map(str::to_owned));
                        marked = false;
                    }
                    _ => marked = line == "#[test]" || marked && line.starts_with("#["),
                }
            }
        }
    }
}

/// `create_pod_failure` of `CreatePodFailure`.
fn snake(row: &str) -> String {
    let mut snake = String::new();
    for letter in row.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// Whether a test is called so, or so and how; a surprise may be an edge case as well.
fn named(tests: &BTreeSet<String>, name: &str) -> bool {
    let longer = format!("{name}_");
    let within = |test: &String| {
        let after = test
            .strip_prefix("surprise_")
            .and_then(|rest| rest.get(3..));
        test.starts_with(&longer) || after.is_some_and(|rest| rest.starts_with(&longer))
    };
    tests.contains(name) || tests.iter().any(within)
}

#[test]
fn every_row_has_a_test_of_its_name() {
    let tests = tests();
    let rows = ROWS.split_whitespace();
    let missing: Vec<&str> = rows.filter(|row| !named(&tests, &snake(row))).collect();
    assert!(missing.is_empty(), "no test for {missing:?}");
}

#[test]
fn every_surprise_has_a_test_of_its_number() {
    let tests = tests();
    let wanted = (1..=51).filter(|number| !OF_THE_COMMAND_LINE.contains(number));
    let missing: Vec<u32> = wanted
        .filter(|number| !named(&tests, &format!("surprise_{number:02}")))
        .collect();
    assert!(missing.is_empty(), "no test for surprises {missing:?}");
}
