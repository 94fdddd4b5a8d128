//! Which pods of a ReplicaSet are deleted first: reference/replicaset-contrast.md §3
//! (`pkg/controller/controller_utils.go`, `ActivePodsWithRanks`). How crowded their nodes are counts
//! only for the sets of a Deployment, of which there are none here.

use crate::sort::sort_by;
use std::cmp::{Ordering, Reverse};
use std::rc::Rc;

use crate::choices::Choices;
use crate::object::Pod;
use crate::step::Preference;
use crate::time::Time;
use crate::{Config, Version};

const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// The `count` pods to delete, each with what made it preferred to the pods that stay.
pub(super) fn victims(
    active: &[Rc<Pod>],
    count: usize,
    now: Time,
    config: &Config,
    choices: &Choices,
) -> Vec<(Rc<Pod>, Preference)> {
    if count >= active.len() {
        let all = active.iter().cloned();
        return all.map(|pod| (pod, Preference::AllGo)).collect();
    }
    let compare = |a: &Pod, b: &Pod| compare(a, b, now, config, choices);
    let mut ranked = active.to_vec();
    sort_by(&mut ranked, |a, b| compare(a, b).0);
    let survivor = &ranked[count];
    ranked[..count]
        .iter()
        .map(|victim| (Rc::clone(victim), compare(victim, survivor).1))
        .collect()
}

/// Which of two pods goes first, and which rule says so.
fn compare(
    a: &Pod,
    b: &Pod,
    now: Time,
    config: &Config,
    choices: &Choices,
) -> (Ordering, Preference) {
    let logarithmic = config.version >= Version::V1_22;
    let cost = |pod: &Pod| {
        if logarithmic { deletion_cost(pod) } else { 0 }
    };
    let assigned = |pod: &Pod| pod.spec.node_name.is_some();
    let chance = |pod: &Pod| (choices.goes(&pod.metadata.name), pod.metadata.uid.clone());
    let by_uid = chance(a).cmp(&chance(b));
    let age = |a: Option<Time>, b: Option<Time>| by_age(a, b, now, logarithmic, by_uid);
    let (a_ready, b_ready) = (a.ready(), b.ready());
    let rules = [
        (assigned(a).cmp(&assigned(b)), Preference::Unassigned),
        (phase(a).cmp(&phase(b)), Preference::Pending),
        (a_ready.cmp(&b_ready), Preference::NotReady),
        (cost(a).cmp(&cost(b)), Preference::LowerCost),
        match a_ready && b_ready {
            true => (
                age(ready_since(a), ready_since(b)),
                Preference::ReadyForLess,
            ),
            false => (Ordering::Equal, Preference::ReadyForLess),
        },
        (
            Reverse(restarts(a)).cmp(&Reverse(restarts(b))),
            Preference::RestartedMore,
        ),
        (
            age(a.metadata.creation_timestamp, b.metadata.creation_timestamp),
            Preference::Newer,
        ),
        // Whatever order the pods happened to be in.
        (by_uid, Preference::Chance),
    ];
    rules
        .into_iter()
        .find(|(order, _)| order.is_ne())
        .unwrap_or((Ordering::Equal, Preference::Chance))
}

/// The younger first. Ages that have the same whole logarithm of 2 count as equal since v1.22, and
/// chance decides: by uid. The API keeps whole seconds.
fn by_age(
    a: Option<Time>,
    b: Option<Time>,
    now: Time,
    logarithmic: bool,
    by_uid: Ordering,
) -> Ordering {
    let whole = |time: Time| Time(time.0 / 1000 * 1000);
    let (a, b) = (a.map(whole), b.map(whole));
    if a == b {
        return Ordering::Equal;
    }
    let (Some(a), Some(b)) = (a, b) else {
        // A time that isn't there goes first.
        return a.cmp(&b);
    };
    if !logarithmic {
        return b.cmp(&a);
    }
    let rank = |time: Time| (now.since(time) * 1_000_000).checked_ilog2();
    rank(a).cmp(&rank(b)).then(by_uid)
}

fn phase(pod: &Pod) -> u8 {
    match pod.status.phase.as_str() {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    }
}

fn ready_since(pod: &Pod) -> Option<Time> {
    pod.condition("Ready")?.last_transition_time
}

/// Restarts of the container that restarted most.
fn restarts(pod: &Pod) -> i32 {
    let counts = pod.status.container_statuses.iter();
    counts.map(|status| status.restart_count).max().unwrap_or(0)
}

/// The annotation, or 0 if it is absent or no plain number.
fn deletion_cost(pod: &Pod) -> i32 {
    let Some(text) = pod.metadata.annotations.get(DELETION_COST) else {
        return 0;
    };
    let padded = text.starts_with('+') || (text.len() > 1 && text.starts_with('0'));
    if padded {
        return 0;
    }
    text.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::meta::set_condition;
    use crate::object::pod::ContainerStatus;

    /// A pod as `name`, on a node, running and ready since `seconds`.
    fn pod(name: &str, node: &str, seconds: u64) -> Pod {
        let mut pod = Pod::default();
        pod.metadata.name = name.to_owned();
        pod.metadata.uid = name.to_owned();
        pod.metadata.creation_timestamp = Some(Time(0));
        pod.spec.node_name = Some(node.to_owned()).filter(|node| !node.is_empty());
        pod.status.phase = "Running".to_owned();
        let conditions = &mut pod.status.conditions;
        set_condition(
            conditions,
            "Ready",
            true,
            None,
            None,
            Time::seconds(seconds),
        );
        pod
    }

    fn changed(mut pod: Pod, change: impl FnOnce(&mut Pod)) -> Pod {
        change(&mut pod);
        pod
    }

    fn order(pods: Vec<Pod>, version: Version) -> Vec<(String, Preference)> {
        let pods: Vec<Rc<Pod>> = pods.into_iter().map(Rc::new).collect();
        let config = Config {
            version,
            ..Config::default()
        };
        let now = Time::seconds(100);
        let victims = victims(&pods, pods.len() - 1, now, &config, &Choices::default());
        let named = victims.into_iter();
        named
            .map(|(pod, why)| (pod.metadata.name.clone(), why))
            .collect()
    }

    /// Each rule of §3 against a pod that differs in it alone.
    #[test]
    fn each_rule_prefers_its_pod() {
        let check = |first: Pod, rule: Preference| {
            let found = order(vec![pod("zz", "b", 50), first], Version::V1_36);
            assert_eq!(found, [("a".to_owned(), rule)]);
        };
        let plain = || pod("a", "a", 50);
        check(pod("a", "", 50), Preference::Unassigned);
        check(
            changed(plain(), |pod| pod.status.phase = "Pending".to_owned()),
            Preference::Pending,
        );
        check(
            changed(plain(), |pod| pod.status.conditions.clear()),
            Preference::NotReady,
        );
        check(
            changed(plain(), |pod| {
                let cost = (DELETION_COST.to_owned(), "-1".to_owned());
                pod.metadata.annotations.extend([cost]);
            }),
            Preference::LowerCost,
        );
        check(pod("a", "a", 99), Preference::ReadyForLess);
        check(
            changed(plain(), |pod| {
                pod.status.container_statuses = vec![ContainerStatus {
                    restart_count: 1,
                    ..ContainerStatus::default()
                }];
            }),
            Preference::RestartedMore,
        );
        check(
            changed(plain(), |pod| {
                pod.metadata.creation_timestamp = Some(Time::seconds(90));
            }),
            Preference::Newer,
        );
        check(plain(), Preference::Chance);
    }

    /// Upstream looks for related pods among the sets of the same Deployment, and a set without one
    /// has none.
    #[test]
    fn a_crowded_node_is_nothing_to_a_set_without_a_deployment() {
        let pods = vec![pod("a", "a", 90), pod("b", "b", 10), pod("c", "b", 10)];
        let found = order(pods, Version::V1_36);
        assert_eq!(found[0], ("a".to_owned(), Preference::ReadyForLess));
    }

    /// Ready for 60 and for 40 seconds is the same since v1.22 (2³⁵ ns = 34 s, 2³⁶ ns = 69 s).
    #[test]
    fn ages_are_compared_by_their_logarithm_since_v1_22() {
        let pods = || vec![pod("a", "a", 40), pod("b", "b", 60)];
        assert_eq!(order(pods(), Version::V1_36)[0].0, "a");
        assert_eq!(order(pods(), Version::V1_20)[0].0, "b");
        let pods = || vec![pod("a", "a", 40), pod("b", "b", 70)];
        assert_eq!(order(pods(), Version::V1_36)[0].0, "b");
    }

    #[test]
    fn deletion_costs() {
        let check = |text: &str, expected| {
            let cost = (DELETION_COST.to_owned(), text.to_owned());
            let pod = changed(pod("a", "a", 0), |pod| {
                pod.metadata.annotations.extend([cost]);
            });
            assert_eq!(deletion_cost(&pod), expected, "{text}");
        };
        check("5", 5);
        check("-5", -5);
        check("0", 0);
        check("+5", 0);
        check("05", 0);
        check("five", 0);
    }
}
