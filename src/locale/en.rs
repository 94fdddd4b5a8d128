//! English.

mod reason;

pub(super) use reason::reason;

use super::{Actor, Subject, Words};
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

    skip_question: "Watch without answering",
    try_answer: "Watch what happens",
    type_answer: "Type your prediction, then watch.",
    order_answer: "Choose one after the other, here or in the picture.",
    point_answer: "Click it in the picture, or choose it here.",
    choose_answer: "What do you think?",
    none_of_them: "none of them",
    you_said: "You said",
    it_was: "What happened",
    answer_right: "As you predicted.",
    answer_wrong: "Not as you predicted.",
    goal: "Your turn",
    goal_met: "Done",
    hint: "A hint",
    show_me: "Show me",

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
    lanes: "Pods and claims over time",
    promises: "What the set promises",
    first_difference: "Where the two first differ",
    controllers: "Controllers",
    why_absent: "why not?",
    stray: "still runs",
    stray_title: "The API server has no such pod any more, but its program still runs here",
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
        Actor::ReplicaSetController => "ReplicaSet controller",
        Actor::PersistentVolumeController => "Persistent volume controller",
        Actor::ClaimProtectionController => "Claim protection controller",
        Actor::VolumeProtectionController => "Volume protection controller",
        Actor::ApiServer => "API server",
        Actor::EndpointsController => "Endpoints controller",
        Actor::EndpointSliceController => "EndpointSlice controller",
        Actor::GarbageCollector => "Garbage collector",
        Actor::Scheduler => "Scheduler",
        Actor::NodeLifecycleController => "Node lifecycle controller",
        Actor::TaintEvictionController => "Taint eviction controller",
        Actor::AttachDetachController => "Attach/detach controller",
        Actor::PodGarbageCollector => "Pod garbage collector",
        Actor::Kubelet(node) => return format!("Kubelet on `{node}`"),
        Actor::Provisioner(name) => return format!("Provisioner `{name}`"),
        Actor::Program(pod) => return format!("Program in `{pod}`"),
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
