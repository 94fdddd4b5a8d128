//! 中文（简体）。Kubernetes 的标识符与状态名保持原样。

mod reason;

pub(super) use reason::reason;

use super::{Actor, Subject, Words};
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

    skip_question: "先不回答，直接看",
    try_answer: "看结果",
    type_answer: "输入你的预测，然后看结果。",
    order_answer: "在这里或图中依次选择。",
    point_answer: "在图中点击它，或在这里选择。",
    choose_answer: "你认为呢？",
    none_of_them: "都不会",
    you_said: "你的预测",
    it_was: "实际结果",
    answer_right: "预测正确。",
    answer_wrong: "与预测不同。",
    goal: "轮到你了",
    goal_met: "完成了",
    hint: "提示",
    show_me: "演示给我看",

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
    lanes: "各个序号的 Pod 和申领",
    promises: "StatefulSet 的保证",
    first_difference: "两个分支最先不同的一步",
    controllers: "控制器",
    why_absent: "为什么没有？",
    stray: "仍在运行",
    stray_title: "API 服务器里已经没有这个 Pod，但它的程序仍在这里运行",
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
        Actor::ReplicaSetController => "ReplicaSet 控制器",
        Actor::PersistentVolumeController => "持久卷控制器",
        Actor::ClaimProtectionController => "申领保护控制器",
        Actor::VolumeProtectionController => "卷保护控制器",
        Actor::ApiServer => "API 服务器",
        Actor::EndpointsController => "端点控制器",
        Actor::EndpointSliceController => "EndpointSlice 控制器",
        Actor::GarbageCollector => "垃圾回收器",
        Actor::Scheduler => "调度器",
        Actor::NodeLifecycleController => "节点生命周期控制器",
        Actor::TaintEvictionController => "污点驱逐控制器",
        Actor::AttachDetachController => "挂接控制器",
        Actor::PodGarbageCollector => "Pod 垃圾收集器",
        Actor::Kubelet(node) => return format!("`{node}` 上的 kubelet"),
        Actor::Provisioner(name) => return format!("供应者 `{name}`"),
        Actor::Program(pod) => return format!("`{pod}` 里的程序"),
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
