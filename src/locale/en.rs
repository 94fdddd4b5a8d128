//! English.

use super::{Actor, PodTrouble, Reason, Subject, Verb, Words};
use crate::explain::What;

pub(super) static WORDS: Words = Words {
    title: "Ordinal",
    tagline: "StatefulSets you can take apart",
    skip_to_lesson: "Skip to the lesson",
    language: "Language",
    theme: "Theme",
    theme_system: "As the system",
    theme_light: "Light",
    theme_dark: "Dark",
    help: "Help and keys",
    close: "Close",
    dismiss: "Dismiss",

    back_to_old: "Back to the old one",

    lessons: "Lessons",
    loading: "Loading the lesson…",
    load_failed: "The lesson could not be loaded.",
    retry: "Try again",
    start_over: "Back to the beginning",
    run_it: "Run it",
    run_again: "Play it again",
    ran: "Ran",
    before_run: "Run this command and watch the cluster. The explanation follows.",
    watch: "Watch the cluster. The explanation follows.",
    previous: "Previous",
    next: "Next",
    play_on: "Play on",
    skip_to_end: "Skip to its end",
    lesson_done: "That was the lesson. Try out whatever you like in the terminal: nothing can break.",
    next_lesson: "Next lesson",

    stage: "The cluster",
    not_scheduled: "No node yet",
    node: "Node",
    claims: "Claims",
    volumes: "Volumes",
    free_volumes: "Free volumes",
    services: "Services",
    headless: "headless: no virtual IP",
    no_selector: "selects no pods",
    no_endpoints: "no address yet",
    ready: "ready",
    not_ready: "not ready",
    desired: "desired",
    pods: "pods",
    waits: "Waits",
    probe_broken: "probe fails",

    what_happened: "What happened, and why",
    why: "Why",
    nothing_yet: "Nothing has happened yet: the nodes are up and the cluster is at rest.",

    timeline: "Timeline",
    play: "Play",
    pause: "Pause",
    step_forward: "One step forward",
    step_back: "One step back",
    to_start: "To the start",
    to_end: "To the end",
    speed: "Speed",
    at_rest: "At rest: nothing is left to happen.",
    in_the_past: "You look at the past. A command here begins a new branch; the old one is kept.",
    branch: "Branch",

    terminal: "Terminal",
    command: "Command",
    errors: "error output",
    note: "Note",
    stop: "Stop",
    goes_on: "The command goes on. Ctrl-C stops it.",
    goes_on_paused: "The command goes on, but time is paused: play or step, or stop it with Ctrl-C.",

    gone: "This object does not exist at this moment.",
    break_readiness: "Let its readiness probe fail",
    mend_readiness: "Let its readiness probe succeed",
    readiness_help: "The container goes on running; only its readiness probe answers otherwise.",
    delete: "Delete it",

    keys: "Keys",
    single_keys: "Use single keys as shortcuts",
    key_play: "play or pause",
    key_steps: "one step back or forward",
    key_beats: "next or previous step of the lesson",
    key_ends: "start or end of the timeline",
    key_speed: "slower or faster",
    key_help: "this help",
    key_history: "earlier commands (in the terminal)",
    key_interrupt: "stop the command (in the terminal)",
    key_clear: "clear the terminal",
    about: "A small Kubernetes runs in this page. What you see is drawn from its state and from nothing else.",

    store_damaged: "What was saved of this lesson could not be read. It was set aside, and the lesson begins anew.",
    crashed: "The page stopped while this run was open. The run was set aside, and the lesson begins anew.",
    store_full: "The browser refuses to save anything: this run will be gone when the page is closed.",
};

pub(super) fn actor(actor: &Actor) -> String {
    let name = match actor {
        Actor::User => "You",
        Actor::StatefulSetController => "StatefulSet controller",
        Actor::PersistentVolumeController => "Persistent volume controller",
        Actor::ClaimProtectionController => "Claim protection controller",
        Actor::VolumeProtectionController => "Volume protection controller",
        Actor::EndpointsController => "Endpoints controller",
        Actor::GarbageCollector => "Garbage collector",
        Actor::Scheduler => "Scheduler",
        Actor::Kubelet(node) => return format!("Kubelet on `{node}`"),
        Actor::EventRecorder => "Event recorder",
        Actor::World => "Outside world",
    };
    name.to_owned()
}

pub(super) fn what(subject: &Subject, what: &What) -> String {
    let name = &subject.name;
    let object = format!("{} `{name}`", subject.kind.name());
    match what {
        What::Created => format!("{object} was created"),
        What::Removed => format!("{object} is gone"),
        What::MarkedForDeletion => format!("{object} is being deleted"),
        What::FinalizerRemoved => format!("{object} lost a finalizer"),
        What::Scheduled { node } => format!("`{name}` was given the node `{node}`"),
        What::Preparing => format!("the container of `{name}` is being created"),
        What::ImageMissing => format!("the image of `{name}` can't be had"),
        What::Running => format!("`{name}` runs"),
        What::Ready => format!("`{name}` became Ready"),
        What::NotReady => format!("`{name}` is no longer Ready"),
        What::Stopped => format!("the containers of `{name}` have stopped"),
        What::Phase(phase) => format!("{object} is {phase}"),
        What::Reserved { claim } => format!("volume `{name}` was reserved for `{claim}`"),
        What::Named { volume } => format!("claim `{name}` names the volume `{volume}`"),
        What::Scaled { from, to } => format!("`{name}` shall have {to} replicas, no longer {from}"),
        What::Counted { replicas, ready } => {
            format!("the status of `{name}` says: {replicas} pods, {ready} ready")
        }
        What::Addresses(0) => format!("Service `{name}` leads nowhere"),
        What::Addresses(1) => format!("Service `{name}` leads to 1 ready pod"),
        What::Addresses(count) => format!("Service `{name}` leads to {count} ready pods"),
        What::Updated => format!("{object} was changed"),
        What::Switched { ready: true } => {
            format!("the readiness probe of `{name}` succeeds from now on")
        }
        What::Switched { ready: false } => {
            format!("the readiness probe of `{name}` fails from now on")
        }
        What::Waits => format!("nothing is done about `{name}`"),
    }
}

fn trouble(trouble: &PodTrouble) -> &'static str {
    match trouble {
        PodTrouble::Missing => "does not exist yet",
        PodTrouble::Terminating => "is still terminating",
        PodTrouble::NotReady => "is not Ready",
        PodTrouble::NotAvailable => "has not been Ready for `minReadySeconds` yet",
    }
}

pub(super) fn reason(reason: &Reason) -> String {
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

        R::AddressesChanged { service } => {
            format!("The set of ready pods that `{service}` selects has changed.")
        }
        R::ServiceIsGone { service } => {
            format!("Service `{service}` is gone, and its endpoints with it.")
        }
        R::OwnerIsGone { subject } => format!("The owner of `{}` is gone.", subject.name),
        R::EventRecorded { subject } => {
            format!("An event about `{}` was written down.", subject.name)
        }
    }
}
