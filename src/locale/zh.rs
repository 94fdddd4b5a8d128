//! 中文（简体）。Kubernetes 的标识符与状态名保持原样。

use super::{Actor, PodTrouble, Reason, Subject, Verb, Words};
use crate::explain::What;

pub(super) static WORDS: Words = Words {
    title: "Ordinal",
    tagline: "可以拆开来看的 StatefulSet",
    skip_to_lesson: "跳到课文",
    language: "语言",
    theme: "主题",
    theme_system: "跟随系统",
    theme_light: "浅色",
    theme_dark: "深色",
    help: "帮助与按键",
    close: "关闭",
    dismiss: "知道了",

    back_to_old: "回到原来的分支",

    lessons: "课程",
    loading: "正在载入课程……",
    load_failed: "课程未能载入。",
    retry: "重试",
    start_over: "回到开头",
    run_it: "执行",
    run_again: "再放一遍",
    ran: "已执行",
    before_run: "执行这条命令，观察集群的变化；之后会有讲解。",
    watch: "请观察集群的变化；之后会有讲解。",
    previous: "上一步",
    next: "下一步",
    play_on: "继续播放",
    skip_to_end: "直接看结果",
    lesson_done: "本课到此结束。接下来可以在终端里随意尝试：什么都弄不坏。",
    next_lesson: "下一课",

    stage: "集群",
    not_scheduled: "未分配节点",
    node: "节点",
    claims: "申领",
    volumes: "卷",
    free_volumes: "空闲的卷",
    services: "Service",
    headless: "headless：没有虚拟 IP",
    no_selector: "不选择任何 Pod",
    no_endpoints: "还没有地址",
    ready: "就绪",
    not_ready: "未就绪",
    desired: "期望",
    pods: "Pod",
    waits: "等待",
    probe_broken: "探针失败",

    what_happened: "发生了什么，为什么",
    why: "原因",
    nothing_yet: "还没有发生任何事：节点已经就绪，集群处于静止状态。",

    timeline: "时间线",
    play: "播放",
    pause: "暂停",
    step_forward: "前进一步",
    step_back: "后退一步",
    to_start: "回到起点",
    to_end: "跳到终点",
    speed: "速度",
    at_rest: "静止：没有待发生的事。",
    in_the_past: "你正在看过去。在这里执行命令会开始一个新的分支，原来的分支仍然保留。",
    branch: "分支",

    terminal: "终端",
    command: "命令",
    errors: "错误输出",
    note: "说明",
    stop: "停止",
    goes_on: "命令仍在执行，按 Ctrl-C 停止。",
    goes_on_paused: "命令仍在执行，但时间已暂停：请播放或单步前进，或者按 Ctrl-C 停止命令。",

    gone: "此刻这个对象并不存在。",
    break_readiness: "让就绪探针失败",
    mend_readiness: "让就绪探针恢复",
    readiness_help: "容器照常运行，只是就绪探针的结果变了。",
    delete: "删除它",

    keys: "按键",
    single_keys: "启用单键快捷键",
    key_play: "播放或暂停",
    key_steps: "后退或前进一步",
    key_beats: "课文的下一步或上一步",
    key_ends: "时间线的起点或终点",
    key_speed: "减速或加速",
    key_help: "打开本帮助",
    key_history: "之前的命令（在终端里）",
    key_interrupt: "停止命令（在终端里）",
    key_clear: "清空终端",
    about: "这个页面里运行着一个小型 Kubernetes。画面只来自它的状态，没有别的来源。",

    store_damaged: "本课保存的进度无法读取，已另行存放；课程重新开始。",
    crashed: "上次打开这份进度时页面意外停止了。进度已另行存放，课程重新开始。",
    store_full: "浏览器不允许保存数据：关闭页面后，这次的进度就会丢失。",
};

pub(super) fn actor(actor: &Actor) -> String {
    let name = match actor {
        Actor::User => "你",
        Actor::StatefulSetController => "StatefulSet 控制器",
        Actor::PersistentVolumeController => "持久卷控制器",
        Actor::ClaimProtectionController => "申领保护控制器",
        Actor::VolumeProtectionController => "卷保护控制器",
        Actor::EndpointsController => "端点控制器",
        Actor::GarbageCollector => "垃圾回收器",
        Actor::Scheduler => "调度器",
        Actor::Kubelet(node) => return format!("`{node}` 上的 kubelet"),
        Actor::EventRecorder => "事件记录器",
        Actor::World => "外部环境",
    };
    name.to_owned()
}

pub(super) fn what(subject: &Subject, what: &What) -> String {
    let name = &subject.name;
    let object = format!("{} `{name}`", subject.kind.name());
    match what {
        What::Created => format!("创建了 {object}"),
        What::Removed => format!("{object} 消失了"),
        What::MarkedForDeletion => format!("{object} 开始被删除"),
        What::FinalizerRemoved => format!("{object} 去掉了一个 finalizer"),
        What::Scheduled { node } => format!("`{name}` 被分配到节点 `{node}`"),
        What::Preparing => format!("正在创建 `{name}` 的容器"),
        What::ImageMissing => format!("拿不到 `{name}` 的镜像"),
        What::Running => format!("`{name}` 运行起来了"),
        What::Ready => format!("`{name}` 变为 Ready"),
        What::NotReady => format!("`{name}` 不再是 Ready"),
        What::Stopped => format!("`{name}` 的容器已经停止"),
        What::Phase(phase) => format!("{object} 进入 {phase} 状态"),
        What::Reserved { claim } => format!("卷 `{name}` 预留给了 `{claim}`"),
        What::Named { volume } => format!("申领 `{name}` 写下了卷 `{volume}`"),
        What::Scaled { from, to } => format!("`{name}` 的期望副本数由 {from} 改为 {to}"),
        What::Counted { replicas, ready } => {
            format!("`{name}` 的状态更新为：{replicas} 个 Pod，{ready} 个就绪")
        }
        What::Addresses(0) => format!("Service `{name}` 没有可用地址"),
        What::Addresses(count) => format!("Service `{name}` 指向 {count} 个就绪的 Pod"),
        What::Updated => format!("{object} 被修改"),
        What::Switched { ready: true } => format!("`{name}` 的就绪探针从现在起成功"),
        What::Switched { ready: false } => format!("`{name}` 的就绪探针从现在起失败"),
        What::Waits => format!("暂时不对 `{name}` 做任何事"),
    }
}

fn trouble(trouble: &PodTrouble) -> &'static str {
    match trouble {
        PodTrouble::Missing => "还不存在",
        PodTrouble::Terminating => "还在终止过程中",
        PodTrouble::NotReady => "还没有 Ready",
        PodTrouble::NotAvailable => "Ready 的时间还不到 `minReadySeconds`",
    }
}

pub(super) fn reason(reason: &Reason) -> String {
    use Reason as R;
    match reason {
        R::Requested { verb, subject } => {
            let object = format!("{} `{}`", subject.kind.name(), subject.name);
            match verb {
                Verb::Create => format!("你请求 API 服务器创建 {object}。"),
                Verb::Update => format!("你请求 API 服务器修改 {object}。"),
                Verb::Delete => format!("你请求 API 服务器删除 {object}。"),
            }
        }
        R::ReadinessSwitched { pod, ready: true } => format!("你让 `{pod}` 的就绪探针恢复成功。"),
        R::ReadinessSwitched { pod, ready: false } => format!("你让 `{pod}` 的就绪探针失败。"),

        R::TemplateIsNew { set, revision } => format!(
            "`{set}` 的 Pod 模板是新的，保存为版本 `{revision}`，这样每个 Pod 都能说明自己来自哪个模板。"
        ),
        R::TemplateIsKnown { set, revision } => {
            format!("`{set}` 的 Pod 模板与旧版本 `{revision}` 相同，于是它重新成为最新版本。")
        }
        R::OrphanMatches { set, subject } => format!(
            "`{}` 没有属主，标签符合 `{set}` 的选择器，名字也合适：收养它。",
            subject.name
        ),
        R::NoLongerMatches { set, pod } => {
            format!("`{pod}` 的标签不再符合 `{set}` 的选择器：放开它。")
        }
        R::ClaimBeforePod { set: _, pod, claim } => {
            format!("申领先于 Pod：`{pod}` 将要使用 `{claim}`。")
        }
        R::ClaimOfPendingPod { set: _, pod, claim } => {
            format!("`{pod}` 仍是 Pending，而它的申领 `{claim}` 不见了，所以重新创建。")
        }
        R::NextOrdinal {
            set,
            pod,
            predecessor: Some(before),
        } => format!(
            "轮到 `{pod}` 了：`{set}` 按序号依次创建，而 `{before}` 及其之前的 Pod 都已 Ready。"
        ),
        R::NextOrdinal {
            set,
            pod,
            predecessor: None,
        } => format!("轮到 `{pod}` 了：它是 `{set}` 的第一个序号，不必等待别的 Pod。"),
        R::MissingOrdinal { set, pod } => {
            format!("缺少 `{pod}`，而 `{set}` 的策略是 `Parallel`：不等待别的 Pod。")
        }
        R::ReplacesLost { set, pod } => format!(
            "旧的 `{pod}` 已确定消失，所以 `{set}` 可以再次给出这个身份：名字相同，申领也相同。"
        ),
        R::HighestOrdinalCondemned { set, pod, replicas } => {
            format!("`{set}` 期望 {replicas} 个副本，现在多了；序号最大的先走，也就是 `{pod}`。")
        }
        R::PodFinished { set, pod } => {
            format!("`{pod}` 已经结束。`{set}` 删除它，好让这个名字空出来。")
        }
        R::OutdatedRevision { set, pod, revision } => {
            format!("`{pod}` 来自比 `{set}` 的版本 `{revision}` 更旧的模板。")
        }
        R::IdentityRepaired { set, pod } => {
            format!("`{pod}` 的标签或申领与它在 `{set}` 中的身份不符。")
        }
        R::StatusCounted { set } => format!("控制器数出来的结果与 `{set}` 的状态不一致。"),
        R::HistoryTruncated { set, revision } => {
            format!("`{set}` 只保留有限个旧版本；`{revision}` 是其中最旧且无人使用的一个。")
        }
        R::WaitsForPod {
            set,
            pod,
            trouble: what,
        } => format!("`{set}` 一次只做一件事：`{pod}` {}。", trouble(what)),
        R::WaitsForCondemned { set, pod } => {
            format!("`{set}` 一次只删除一个 Pod：必须先等 `{pod}` 消失。")
        }
        R::CondemnedBlocked { set, pod, blocker } => {
            format!("只要 `{blocker}` 也不健康，`{set}` 就不会删除不健康的 `{pod}`。")
        }
        R::UpdateWaitsForPod {
            set,
            pod,
            trouble: what,
        } => format!(
            "`{set}` 的滚动更新要等 `{pod}` 健康才继续：它{}。",
            trouble(what)
        ),
        R::RetryAfterError { set, message } => {
            format!("API 服务器拒绝了 `{set}` 的一次写入，控制器会重试：{message}")
        }

        R::VolumeIsFree { volume } => format!("没有申领占用 `{volume}`：它是可用的。"),
        R::SmallestFit { claim, volume } => {
            format!("在足够容纳 `{claim}` 的空闲卷中，`{volume}` 是最小的之一。")
        }
        R::Reserved { claim, volume } => {
            format!("`{volume}` 已经写明属于 `{claim}`，不必再找别的卷。")
        }
        R::BindingGoesOn { claim, volume } => format!(
            "把 `{claim}` 绑定到 `{volume}` 需要四次写入，先写卷，再写申领；这是接下来的一次。"
        ),
        R::ClaimIsNew { claim } => format!("`{claim}` 是新的，还没有为它找到卷。"),
        R::NoVolumeFits { claim } => format!("没有空闲的卷适合 `{claim}`；稍后会再试。"),
        R::ClaimIsGone { volume } => {
            format!("`{volume}` 的申领已经消失。卷里还留着数据，所以暂时不能给别人用。")
        }
        R::Reclaimed { volume, policy } => format!("`{volume}` 的回收策略是 `{policy}`。"),
        R::VolumeIsLost { claim, volume } => format!("`{claim}` 所绑定的 `{volume}` 已不存在。"),
        R::NoLongerInUse { subject } => format!(
            "`{}` 不再被使用，保护它的 finalizer 可以去掉了。",
            subject.name
        ),
        R::StillInUse { subject, user } => {
            format!("`{user}` 仍在使用 `{}`：在此之前它受到保护。", subject.name)
        }

        R::NodeFits { pod, node } => {
            format!("`{pod}` 适合放在 `{node}` 上，而且没有哪个合适的节点上同一属主的 Pod 更少。")
        }
        R::NoNodeFits { pod, message } => format!("没有节点适合 `{pod}`：{message}"),

        R::PodSeen { pod } => {
            format!("kubelet 发现 `{pod}` 被分配到自己的节点，开始准备它的卷和容器。")
        }
        R::ContainerStarted { pod, ready: true } => {
            format!("`{pod}` 的容器在运行，也没有探针提出异议：它就绪了。")
        }
        R::ContainerStarted { pod, ready: false } => {
            format!("`{pod}` 的容器在运行，但就绪探针失败。")
        }
        R::ImageTrouble { pod, image } => {
            format!("`{pod}` 的镜像 `{image}` 不在节点上，也拉取不到。")
        }
        R::ReadinessChanged { pod, ready: true } => format!("`{pod}` 的就绪探针重新成功。"),
        R::ReadinessChanged { pod, ready: false } => {
            format!("`{pod}` 的就绪探针失败；容器仍在运行。")
        }
        R::StopSignalSent { pod } => format!("`{pod}` 正在被删除：已通知它的容器停止。"),
        R::ContainersStopped { pod } => format!("`{pod}` 的容器已经停止。"),
        R::TerminationConfirmed { pod } => {
            format!("kubelet 确认 `{pod}` 已经没有任何东西在运行；直到此刻，这个名字才空出来。")
        }

        R::AddressesChanged { service } => format!("`{service}` 所选择的就绪 Pod 发生了变化。"),
        R::ServiceIsGone { service } => {
            format!("Service `{service}` 已消失，它的 Endpoints 也随之消失。")
        }
        R::OwnerIsGone { subject } => format!("`{}` 的属主已经消失。", subject.name),
        R::EventRecorded { subject } => format!("记录了一条关于 `{}` 的事件。", subject.name),
    }
}
