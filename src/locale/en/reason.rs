//! Why, in English: one sentence for each reason.

use cluster::step::Preference;
use cluster::{PodTrouble, Reason, Verb};

fn trouble(trouble: &PodTrouble) -> &'static str {
    match trouble {
        PodTrouble::Missing => "does not exist yet",
        PodTrouble::Terminating => "is still terminating",
        PodTrouble::NotReady => "is not Ready",
        PodTrouble::NotAvailable => "has not been Ready for `minReadySeconds` yet",
    }
}

fn preference(preference: &Preference) -> &'static str {
    match preference {
        Preference::AllGo => "none is to stay",
        Preference::Unassigned => "it has no node yet",
        Preference::Pending => "it has not come as far as the others",
        Preference::NotReady => "it is not ready",
        Preference::LowerCost => "its deletion costs less, as its annotation says",
        Preference::ReadyForLess => "it has been ready for a shorter time",
        Preference::RestartedMore => "its containers were restarted more often",
        Preference::Newer => "it is newer",
        Preference::Chance => "nothing tells it from the others, so it was chance",
    }
}

pub(in crate::locale) fn reason(reason: &Reason) -> String {
    use Reason as R;
    match reason {
        R::Requested { verb, subject } => {
            let object = format!("{} `{}`", subject.kind.name(), subject.name);
            match verb {
                Verb::Create => format!("You asked the API server to create {object}."),
                Verb::Update => format!("You asked the API server to change {object}."),
                Verb::Delete => format!("You asked the API server to delete {object}."),
            }
        }
        R::ReadinessSwitched { pod, ready: true } => {
            format!("You let the readiness probe of `{pod}` succeed.")
        }
        R::ReadinessSwitched { pod, ready: false } => {
            format!("You let the readiness probe of `{pod}` fail.")
        }

        R::TemplateIsNew { set, revision } => format!(
            "The pod template of `{set}` is new. It is kept as revision `{revision}`, so that every pod can say which template made it."
        ),
        R::TemplateIsKnown { set, revision } => format!(
            "The pod template of `{set}` equals the earlier revision `{revision}`, which becomes the newest again."
        ),
        R::OrphanMatches { set, subject } => format!(
            "`{}` has no owner, its labels match the selector of `{set}`, and its name fits: it is adopted.",
            subject.name
        ),
        R::NoLongerMatches { set, pod } => format!(
            "The labels of `{pod}` no longer match the selector of `{set}`: it is released."
        ),
        R::ClaimBeforePod { set: _, pod, claim } => {
            format!("A pod's claims come before the pod: `{pod}` will want `{claim}`.")
        }
        R::ClaimOfPendingPod { set: _, pod, claim } => format!(
            "`{pod}` is still Pending and its claim `{claim}` is missing, so it is made again."
        ),
        R::NextOrdinal {
            set,
            pod,
            predecessor: Some(before),
        } => format!(
            "`{pod}` is next: `{set}` creates its pods in order, and `{before}`, with all before it, is Ready."
        ),
        R::NextOrdinal {
            set,
            pod,
            predecessor: None,
        } => {
            format!("`{pod}` is next: it is the first ordinal of `{set}`, so it waits for nobody.")
        }
        R::MissingOrdinal { set, pod } => format!(
            "`{pod}` is missing, and `{set}` is `Parallel`: it does not wait for other pods."
        ),
        R::ReplacesLost { set, pod } => format!(
            "The old `{pod}` is gone for certain, so `{set}` may give its identity again: same name, same claims."
        ),
        R::HighestOrdinalCondemned { set, pod, replicas } => format!(
            "`{set}` shall have {replicas} replicas and has more; the highest ordinal goes first, and that is `{pod}`."
        ),
        R::PodFinished { set, pod } => {
            format!("`{pod}` has finished. `{set}` deletes it, so that its name is free again.")
        }
        R::OutdatedRevision { set, pod, revision } => format!(
            "`{pod}` was made from an older template than revision `{revision}` of `{set}`."
        ),
        R::IdentityRepaired { set, pod } => {
            format!("Labels or claims of `{pod}` did not fit its identity in `{set}`.")
        }
        R::StatusCounted { set } => {
            format!("What the controller counted differs from the status of `{set}`.")
        }
        R::HistoryTruncated { set, revision } => format!(
            "`{set}` keeps only so many old revisions; `{revision}` is the oldest that nothing uses."
        ),
        R::WaitsForPod {
            set,
            pod,
            trouble: what,
        } => format!(
            "`{set}` does one thing after the other: `{pod}` {}.",
            trouble(what)
        ),
        R::WaitsForCondemned { set, pod } => {
            format!("`{set}` deletes one pod at a time: `{pod}` must be gone first.")
        }
        R::CondemnedBlocked { set, pod, blocker } => format!(
            "`{set}` does not delete the unhealthy `{pod}` while `{blocker}` is unhealthy too."
        ),
        R::UpdateWaitsForPod {
            set,
            pod,
            trouble: what,
        } => format!(
            "The rolling update of `{set}` goes on only when `{pod}` is healthy: it {}.",
            trouble(what)
        ),
        R::RetryAfterError { set, message } => format!(
            "The API server refused a write for `{set}`, and the controller will try again: {message}"
        ),

        R::VolumeIsFree { volume } => format!("Nobody has claimed `{volume}`: it is available."),
        R::SmallestFit { claim, volume } => format!(
            "Of the free volumes that are large enough for `{claim}`, `{volume}` is a smallest."
        ),
        R::Reserved { claim, volume } => {
            format!("`{volume}` names `{claim}` already, so nothing else is looked for.")
        }
        R::BindingGoesOn { claim, volume } => format!(
            "Binding `{claim}` to `{volume}` takes four writes, first to the volume, then to the claim; this is the next."
        ),
        R::ClaimIsNew { claim } => {
            format!("`{claim}` is new, and no volume has been found for it yet.")
        }
        R::NoVolumeFits { claim } => {
            format!("No free volume fits `{claim}`; it will be tried again.")
        }
        R::ClaimIsGone { volume } => format!(
            "The claim of `{volume}` is gone. The volume keeps its data, so nobody else may have it yet."
        ),
        R::Reclaimed { volume, policy } => {
            format!("The reclaim policy of `{volume}` is `{policy}`.")
        }
        R::VolumeIsLost { claim, volume } => {
            format!("`{volume}`, to which `{claim}` was bound, no longer exists.")
        }
        R::NoLongerInUse { subject } => format!(
            "Nothing uses `{}` any more, so the finalizer that protected it goes.",
            subject.name
        ),
        R::StillInUse { subject, user } => format!(
            "`{user}` still uses `{}`: it is protected until then.",
            subject.name
        ),

        R::NodeFits { pod, node } => format!(
            "`{pod}` fits on `{node}`, and no fitting node has fewer pods of the same owner."
        ),
        R::NoNodeFits { pod, message } => format!("No node fits `{pod}`: {message}"),

        R::PodSeen { pod } => format!(
            "The kubelet found `{pod}` assigned to its node, and prepares its volumes and containers."
        ),
        R::ContainerStarted { pod, ready: true } => {
            format!("The container of `{pod}` runs, and no probe says otherwise: it is ready.")
        }
        R::ContainerStarted { pod, ready: false } => {
            format!("The container of `{pod}` runs, but its readiness probe fails.")
        }
        R::ImageTrouble { pod, image } => {
            format!("The image `{image}` of `{pod}` is not on the node and can't be pulled.")
        }
        R::ReadinessChanged { pod, ready: true } => {
            format!("The readiness probe of `{pod}` succeeds again.")
        }
        R::ReadinessChanged { pod, ready: false } => {
            format!("The readiness probe of `{pod}` fails; its container runs on.")
        }
        R::StopSignalSent { pod } => {
            format!("`{pod}` is being deleted: its containers were told to stop.")
        }
        R::ContainersStopped { pod } => format!("The containers of `{pod}` have stopped."),
        R::TerminationConfirmed { pod } => format!(
            "The kubelet confirms that nothing of `{pod}` runs any more; only now does the name become free."
        ),

        R::NodeCutOff { node } => format!(
            "You cut `{node}` off: its kubelet hears nothing and says nothing, but what runs there runs on."
        ),
        R::NodeHealed { node } => format!("You mended the connection to `{node}`."),
        R::ContainerCrashed { pod, exit_code } => {
            format!("The program in `{pod}` ended with exit code {exit_code}.")
        }
        R::PodIsGone { pod } => format!(
            "The API no longer knows this `{pod}`, so the kubelet kills what was still running of it."
        ),
        R::ContainerExited { pod, exit_code } => {
            format!("The container of `{pod}` ended with exit code {exit_code}.")
        }
        R::ContainerRestarted { pod, restarts } => format!(
            "The container of `{pod}` is started again (restart {restarts}); the pod stays the same."
        ),
        R::RestartBacksOff { pod, seconds } => format!(
            "The container of `{pod}` ended again too soon: it is started again {seconds} s after its end."
        ),
        R::ImageReplaced { pod, image } => format!(
            "`{pod}` now asks for the image `{image}`: its container is replaced, the pod stays."
        ),
        R::NodeReports { node } => format!("The kubelet says that `{node}` is well."),
        R::HeartbeatsMissing { node, seconds } => {
            format!("Nothing was heard of `{node}` for {seconds} s: nobody knows how it is.")
        }
        R::NodeIsUnready { pod, node } => format!(
            "`{node}` is not ready, so `{pod}` no longer counts as ready. What the kubelet last wrote of its containers stays."
        ),
        R::NodeRepelsPods { node, key } => {
            format!("The taint `{key}` keeps new pods away from `{node}`.")
        }
        R::NodeTakesPods { node } => {
            format!("Nothing keeps new pods away from `{node}` any more.")
        }
        R::NodeStaysAway { node } => format!(
            "`{node}` is still not ready: pods must leave it when they no longer tolerate that."
        ),
        R::NodeIsBack { node } => format!("`{node}` is ready again: its pods may stay."),
        R::AllNodesUnready { node } => format!(
            "No node is ready. The fault is more likely elsewhere, so nothing is evicted from `{node}` or any other."
        ),
        R::ToleratesTaintFor { pod, node, seconds } => {
            format!("`{pod}` tolerates the taint of `{node}` for {seconds} s.")
        }
        R::EvictionCancelled { pod } => format!("`{pod}` need not be evicted any more."),
        R::EvictionAnnounced { pod } => {
            format!("Before `{pod}` is evicted, its conditions say why.")
        }
        R::NoLongerTolerated { pod, node } => {
            format!("`{pod}` does not tolerate the taint of `{node}` any longer.")
        }
        R::NodeIsGone { pod, node } => format!(
            "`{node}` no longer exists, so no kubelet will ever confirm the end of `{pod}`: it is removed by force."
        ),
        R::NodeOutOfService { pod, node } => format!(
            "The taint on `{node}` vouches that the machine is off, so the terminating `{pod}` is removed by force."
        ),

        R::AddressesChanged { service } => {
            format!("The set of ready pods that `{service}` selects has changed.")
        }
        R::SliceFollowsPods { service } => {
            format!(
                "A pod that `{service}` selects has changed, and a slice of its endpoints follows."
            )
        }
        R::OwnServiceIsMissing { service } => {
            format!(
                "`{service}` is the API server's own Service: it makes it again when it is gone."
            )
        }
        R::ServiceIsGone { service } => {
            format!("Service `{service}` is gone, and its endpoints with it.")
        }
        R::RetentionPolicy {
            set,
            claim,
            owner: Some(owner),
        } => format!(
            "The retention policy of `{set}` lets `{claim}` go together with `{owner}`, so that becomes an owner of the claim."
        ),
        R::RetentionPolicy {
            set,
            claim,
            owner: None,
        } => format!(
            "The retention policy of `{set}` keeps `{claim}`, so the claim has no owner that could take it along."
        ),
        R::WaitsForStaleClaim { set, pod, claim } => format!(
            "`{set}` waits with `{pod}`: its claim `{claim}` is still to be deleted with the pod that had it before."
        ),

        R::ReplicaAdopted { set, pod } => format!(
            "`{pod}` has no owner and its labels match the selector of `{set}`: it is adopted, whatever its name."
        ),
        R::ReplicaReleased { set, pod } => format!(
            "The labels of `{pod}` no longer match the selector of `{set}`: it is released."
        ),
        R::TooFewReplicas {
            set,
            active,
            replicas,
        } => format!(
            "`{set}` shall have {replicas} pods and has {active}, not counting those that are being deleted."
        ),
        R::TooManyReplicas {
            set,
            pod,
            replicas,
            preference: why,
        } => format!(
            "`{set}` shall have {replicas} pods and has more. It lets `{pod}` go: {}.",
            preference(why)
        ),
        R::ReplicasCounted { set } => {
            format!("What the controller counted differs from the status of `{set}`.")
        }

        R::DefaultClassGiven { claim, class } => {
            format!("`{claim}` names no storage class, and `{class}` is the default now.")
        }
        R::WaitsForConsumer { claim, class } => format!(
            "Class `{class}` binds a claim only when a pod that uses it is being scheduled; nobody needs `{claim}` yet."
        ),
        R::ProvisionerAsked { claim, class } => format!(
            "No volume that is there fits `{claim}`, so the provisioner of class `{class}` is asked to make one."
        ),
        R::VolumeProvisioned {
            claim,
            volume,
            class,
        } => format!("The provisioner of class `{class}` made `{volume}` for `{claim}`."),
        R::NodeSelected { claim, pod, node } => format!(
            "The scheduler chose `{node}` for `{pod}`, so the volume of `{claim}` is to be had there."
        ),
        R::RecyclerNeeded { volume, pod } => {
            format!("The reclaim policy of `{volume}` is `Recycle`: `{pod}` is to empty it.")
        }
        R::RecyclerDone { volume, pod } => {
            format!("`{pod}` has emptied `{volume}` and is no longer needed.")
        }
        R::RecycleFailed { volume } => format!("`{volume}` could not be emptied."),
        R::ProgramEnded { pod } => {
            format!("The program of `{pod}` came to its end, and its pod is never restarted.")
        }
        R::OwnerForgotten { subject, owner } => format!(
            "`{owner}`, one of several owners of `{}`, is gone.",
            subject.name
        ),
        R::BlocksOwner { subject, owner } => format!(
            "`{owner}` is deleted in the foreground: it stays until `{}` is gone.",
            subject.name
        ),
        R::DependentsAreGone { subject } => format!(
            "Nothing that `{}` owned blocks its deletion any more.",
            subject.name
        ),
        R::Orphaned { subject, owner } => format!(
            "`{owner}` is deleted alone: `{}` stays, without an owner.",
            subject.name
        ),
        R::OrphansAreFree { subject } => format!(
            "All that `{}` owned is without an owner now, so it may go.",
            subject.name
        ),
        R::OwnerIsGone { subject } => format!("The owner of `{}` is gone.", subject.name),
        R::FileWritten {
            pod,
            volume: Some(volume),
            path,
        } => format!(
            "`{pod}` wrote `{path}`. The file lies on the volume `{volume}`: it outlives the pod."
        ),
        R::FileWritten {
            pod,
            volume: None,
            path,
        } => format!(
            "`{pod}` wrote `{path}`. No PersistentVolume is mounted there, so no claim keeps the file."
        ),
        R::EventRecorded { subject } => {
            format!("An event about `{}` was written down.", subject.name)
        }
    }
}
