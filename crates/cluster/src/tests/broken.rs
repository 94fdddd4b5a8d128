//! Each property notices when it is broken. A cluster is brought to where a component could take a
//! wrong step; the step is then forged, past the API server, and its lawful twin beside it.

use std::rc::Rc;

use super::support::{Play, stateful_set_with_claims, volume};
use crate::apiserver::Door;
use crate::kubelet::disk::source_of;
use crate::object::{
    Kind, Object, OwnerReference, PersistentVolume, PersistentVolumeClaim, Pod, Resource,
    StatefulSet,
};
use crate::property::{Property, Watch, converged};
use crate::store::Change;
use crate::{Actor, Cluster, Config, DeleteOptions, Request, Step, Subject, Verb};

/// A cluster, what it was before the step, and the step.
struct Forged {
    before: Cluster,
    after: Cluster,
    step: Step,
}

/// Three replicas with a claim each, and nothing left to do.
fn up() -> Cluster {
    let mut play = Play::new(Config::default());
    for name in ["pv-a", "pv-b", "pv-c"] {
        play.create(volume(name));
    }
    play.create(stateful_set_with_claims(3, "Retain", "Retain"));
    play.run(60);
    while play.cluster.step().is_some() {}
    assert_eq!(play.cluster.next_time(), None);
    play.cluster
}

fn get<T: Resource>(cluster: &Cluster, name: &str) -> T {
    T::clone(cluster.store.get::<T>(name).expect("it is there"))
}

/// Writes an object past everyone, and tells nobody.
fn put<T: Resource>(cluster: &mut Cluster, name: &str, change: impl FnOnce(&mut T)) -> Change {
    let mut object = get::<T>(cluster, name);
    change(&mut object);
    cluster
        .store
        .put(Door::broken(), T::erase(&Rc::new(object)))
}

/// Takes an object out past everyone, and tells nobody.
fn take<T: Resource>(cluster: &mut Cluster, name: &str) -> T {
    let object = get::<T>(cluster, name);
    cluster.store.remove(Door::broken(), T::KIND, name);
    object
}

/// The step in which `actor` makes the change that `write` makes.
fn forge(before: Cluster, actor: Actor, write: impl FnOnce(&mut Cluster) -> Change) -> Forged {
    let mut after = before.clone();
    let change = write(&mut after);
    let reason = crate::Reason::Requested {
        verb: Verb::Update,
        subject: Subject::of(change.object()),
    };
    let step = Step {
        time: after.now,
        actor,
        change: Some(change),
        reason: reason.into(),
    };
    Forged {
        before,
        after,
        step,
    }
}

/// The controller makes this pod again, after it and those above were taken away.
fn remake(name: &str, gone: &[&str], change: impl FnOnce(&mut Pod)) -> Forged {
    let mut before = up();
    let mut pod: Pod = get(&before, name);
    for name in gone {
        take::<Pod>(&mut before, name);
    }
    change(&mut pod);
    pod.metadata.uid = "remade".to_owned();
    forge(before, Actor::StatefulSetController, |cluster| {
        cluster.store.put(Door::broken(), Object::Pod(pod.into()))
    })
}

fn remove<T: Resource>(before: Cluster, actor: Actor, name: &str) -> Forged {
    forge(before, actor, |cluster| {
        let removed = cluster.store.remove(Door::broken(), T::KIND, name);
        removed.expect("it is there")
    })
}

fn relabel(pod: &mut Pod, label: &str, value: &str) {
    let labels = &mut pod.metadata.labels;
    labels.insert(label.to_owned(), value.to_owned());
}

const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const REVISION: &str = "controller-revision-hash";
const CLAIM: &str = "data-web-1";

/// A step that breaks the property, or its lawful twin. A property without an arm doesn't compile.
fn stage(property: Property, broken: bool) -> Forged {
    let controller = Actor::StatefulSetController;
    match property {
        Property::PredecessorsFirst => {
            let name = if broken { "web-2" } else { "web-1" };
            remake(name, &["web-1", "web-2"], |_| {})
        }
        Property::OrdinalsWithoutGap => {
            let mut before = up();
            put::<StatefulSet>(&mut before, "web", |set| set.spec.replicas = Some(1));
            remove::<Pod>(before, controller, if broken { "web-1" } else { "web-2" })
        }
        Property::ClaimForEachTemplate => remake("web-2", &["web-2"], |pod| {
            if broken {
                pod.spec.volumes.clear();
            }
        }),
        Property::ClaimsBeforePods => {
            let mut forged = remake("web-2", &["web-2"], |_| {});
            if broken {
                take::<PersistentVolumeClaim>(&mut forged.after, "data-web-2");
            }
            forged
        }
        Property::IdentityMatches => remake("web-2", &["web-2"], |pod| {
            relabel(pod, POD_NAME, if broken { "web-1" } else { "web-2" });
        }),
        Property::ClaimOwners => forge(up(), controller, |cluster| {
            let uid = get::<StatefulSet>(cluster, "web").metadata.uid;
            put::<PersistentVolumeClaim>(cluster, CLAIM, |claim| {
                let owner = OwnerReference {
                    api_version: "apps/v1".to_owned(),
                    kind: "StatefulSet".to_owned(),
                    name: "web".to_owned(),
                    uid,
                    ..OwnerReference::default()
                };
                let owners = &mut claim.metadata.owner_references;
                owners.extend(broken.then_some(owner));
                relabel_claim(claim);
            })
        }),
        Property::RevisionsInOrder => {
            let mut before = up();
            put::<Pod>(&mut before, "web-2", |pod| {
                relabel(pod, REVISION, "web-old")
            });
            remove::<Pod>(before, controller, if broken { "web-1" } else { "web-2" })
        }
        Property::OnePodAnOrdinal => remake("web-2", &["web-2"], |pod| {
            if broken {
                pod.metadata.name = "web-01".to_owned();
            }
        }),
        Property::NoIdleWrites => forge(up(), controller, |cluster| {
            put::<Pod>(cluster, "web-1", |pod| {
                if !broken {
                    relabel(pod, "seen", "yes");
                }
            })
        }),
        Property::AtMostOneProcess => two_processes(broken),
        Property::ClaimsAreKept => {
            let actor = match broken {
                true => Actor::GarbageCollector,
                false => Actor::User,
            };
            remove::<PersistentVolumeClaim>(up(), actor, CLAIM)
        }
        Property::ClaimsInUseStay => {
            let mut before = up();
            put::<PersistentVolumeClaim>(&mut before, CLAIM, |claim| {
                claim.metadata.deletion_timestamp = claim.metadata.creation_timestamp;
            });
            if !broken {
                take::<Pod>(&mut before, "web-1");
            }
            remove::<PersistentVolumeClaim>(before, Actor::ClaimProtectionController, CLAIM)
        }
        Property::DataIsKept => {
            let mut before = up();
            let place = source_of(&get(&before, "pv-a"));
            let disks = &mut before.kubelets.disks;
            disks.write(&place, "kept", "x", false).expect("has room");
            forge(before, Actor::PersistentVolumeController, |cluster| {
                if broken {
                    cluster.kubelets.disks.wipe(&place);
                }
                put::<PersistentVolume>(cluster, "pv-a", |volume| {
                    let seen = ("seen".to_owned(), "yes".to_owned());
                    volume.metadata.labels.extend([seen]);
                })
            })
        }
        Property::BoundClaimsKeepVolumes => {
            forge(up(), Actor::PersistentVolumeController, |cluster| {
                put::<PersistentVolume>(cluster, "pv-a", |volume| {
                    if broken {
                        volume.spec.claim_ref = None;
                    }
                    let seen = ("seen".to_owned(), "yes".to_owned());
                    volume.metadata.labels.extend([seen]);
                })
            })
        }
        Property::UniqueUids => {
            let uid = get::<Pod>(&up(), "web-1").metadata.uid;
            remake("web-2", &["web-2"], |_| {}).with_uid(broken.then_some(uid))
        }
        Property::VersionsGrow => forge(up(), controller, |cluster| {
            if broken {
                put::<Pod>(cluster, "web-0", |pod| relabel(pod, "seen", "no"));
            }
            put::<Pod>(cluster, "web-0", |pod| relabel(pod, "seen", "yes"))
        }),
        Property::GenerationsObserved => status(|set| {
            set.status.observed_generation = set.metadata.generation + i64::from(broken);
        }),
        Property::CountsInRange => status(|set| {
            set.status.updated_replicas = if broken { 4 } else { 2 };
        }),
        Property::Converged => {
            let mut before = up();
            if broken {
                take::<Pod>(&mut before, "web-1");
            }
            forge(before, controller, |cluster| {
                put::<Pod>(cluster, "web-0", |pod| relabel(pod, "seen", "yes"))
            })
        }
    }
}

fn relabel_claim(claim: &mut PersistentVolumeClaim) {
    let labels = &mut claim.metadata.labels;
    labels.insert("seen".to_owned(), "yes".to_owned());
}

/// The controller writes a status.
fn status(change: impl FnOnce(&mut StatefulSet)) -> Forged {
    forge(up(), Actor::StatefulSetController, |cluster| {
        put::<StatefulSet>(cluster, "web", |set| {
            set.metadata.generation += 1;
            change(set);
        })
    })
}

impl Forged {
    /// The same step, but of an object with this uid.
    fn with_uid(mut self, uid: Option<String>) -> Forged {
        if let Some(uid) = uid {
            put::<Pod>(&mut self.after, "web-2", |pod| pod.metadata.uid = uid);
            let pod = self.after.store.get::<Pod>("web-2").map(Pod::erase);
            if let Some(change) = &mut self.step.change {
                change.after = pod;
            }
        }
        self
    }
}

/// A pod is removed while the program of it runs on on a node that is cut off, and its successor
/// has started elsewhere; or has not.
fn two_processes(started: bool) -> Forged {
    let mut cluster = up();
    let node = get::<Pod>(&cluster, "web-1").spec.node_name;
    cluster.partition(&node.expect("it is on a node"));
    let limit = cluster.now + 100_000;
    while cluster.step_until(limit).is_some() {}
    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        ..DeleteOptions::default()
    };
    let request = Request::Delete {
        kind: Kind::Pod,
        name: "web-1".to_owned(),
        options,
    };
    let (_, mut step) = cluster.request(&request);
    let mut before = cluster.clone();
    let steps = if started { 1_000 } else { 1 };
    for _ in 0..steps {
        let Some(next) = cluster.step() else {
            break;
        };
        step = Some(next);
    }
    if !started {
        before = cluster.clone();
    }
    Forged {
        before,
        after: cluster,
        step: step.expect("there is a step"),
    }
}

fn check(property: Property) {
    for broken in [true, false] {
        let Forged {
            before,
            after,
            step,
        } = stage(property, broken);
        let found = property.check(&after, Some(&before), &step);
        match found {
            Err(violation) => {
                assert!(broken, "{property:?} finds fault with a lawful step");
                assert_eq!(violation.property, property);
                let all_named =
                    property == Property::VersionsGrow || !violation.at_fault.is_empty();
                assert!(all_named, "{property:?} names nothing");
            }
            Ok(()) => assert!(!broken, "{property:?} does not notice"),
        }
        let watched = Watch::default().observe(&after, Some(&before), &step);
        let seen = watched.iter().any(|found| found.property == property);
        assert_eq!(seen, broken, "{property:?}: {watched:?}");
    }
}

#[test]
fn every_property_notices_when_it_is_broken() {
    Property::ALL.iter().for_each(|property| check(*property));
}

/// The invariants of upstream's own tests, under the numbers that they have there.
#[test]
fn i1_predecessors_are_ready_first() {
    check(Property::PredecessorsFirst);
}

#[test]
fn i2_ordinals_are_without_gap() {
    check(Property::OrdinalsWithoutGap);
}

#[test]
fn i3_every_pod_has_a_volume_for_each_claim_template() {
    check(Property::ClaimForEachTemplate);
}

#[test]
fn i4_claims_exist_as_soon_as_their_pod() {
    check(Property::ClaimsBeforePods);
}

#[test]
fn i5_name_and_labels_match() {
    check(Property::IdentityMatches);
}

#[test]
fn i6_owners_of_claims_follow_the_policy() {
    check(Property::ClaimOwners);
}

#[test]
fn i7_revisions_are_in_order() {
    check(Property::RevisionsInOrder);
}

#[test]
fn i8_no_two_pods_have_one_ordinal() {
    check(Property::OnePodAnOrdinal);
}

#[test]
fn i9_a_synchronisation_without_change_writes_nothing() {
    check(Property::NoIdleWrites);
    // At rest, another look would write nothing; unless somebody miscounted.
    let mut cluster = up();
    assert_eq!(converged(&cluster), []);
    put::<StatefulSet>(&mut cluster, "web", |set| set.status.ready_replicas = 2);
    let found = converged(&cluster);
    let idle = |found: &crate::property::Violation| found.property == Property::NoIdleWrites;
    assert!(found.iter().any(idle), "{found:?}");
}
