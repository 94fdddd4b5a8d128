//! 每个原因的中文说明，一句话一个。

use cluster::step::Preference;
use cluster::{PodTrouble, Reason, Verb};

fn trouble(trouble: &PodTrouble) -> &'static str {
    match trouble {
        PodTrouble::Missing => "还不存在",
        PodTrouble::Terminating => "还在终止过程中",
        PodTrouble::NotReady => "还没有 Ready",
        PodTrouble::NotAvailable => "Ready 的时间还不到 `minReadySeconds`",
    }
}

fn preference(preference: &Preference) -> &'static str {
    match preference {
        Preference::AllGo => "一个都不留",
        Preference::Unassigned => "它还没有节点",
        Preference::Pending => "它的进度落后于其他 Pod",
        Preference::NotReady => "它还没有就绪",
        Preference::LowerCost => "注解表明删除它的代价更小",
        Preference::ReadyForLess => "它就绪的时间更短",
        Preference::RestartedMore => "它的容器重启次数更多",
        Preference::Newer => "它更新",
        Preference::Chance => "它与其他 Pod 没有区别，全凭运气",
    }
}

pub(in crate::locale) fn reason(reason: &Reason) -> String {
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

        R::NodeCutOff { node } => format!(
            "你切断了 `{node}` 的网络：它的 kubelet 听不到也说不出任何消息，但上面的程序照常运行。"
        ),
        R::NodeHealed { node } => format!("你恢复了 `{node}` 的网络。"),
        R::ContainerCrashed { pod, exit_code } => {
            format!("`{pod}` 里的程序退出了，退出码是 {exit_code}。")
        }
        R::PodIsGone { pod } => {
            format!("API 里已经没有这个 `{pod}`，kubelet 杀掉它还在运行的容器。")
        }
        R::ContainerExited { pod, exit_code } => {
            format!("`{pod}` 的容器退出了，退出码是 {exit_code}。")
        }
        R::ContainerRestarted { pod, restarts } => {
            format!("重新启动 `{pod}` 的容器（第 {restarts} 次重启）；Pod 还是原来那个。")
        }
        R::RestartBacksOff { pod, seconds } => {
            format!("`{pod}` 的容器又很快退出：要等退出 {seconds} 秒之后才再次启动。")
        }
        R::ImageReplaced { pod, image } => {
            format!("`{pod}` 现在要求镜像 `{image}`：更换容器，Pod 不变。")
        }
        R::NodeReports { node } => format!("kubelet 报告 `{node}` 一切正常。"),
        R::HeartbeatsMissing { node, seconds } => {
            format!("已经 {seconds} 秒没有 `{node}` 的心跳：没有人知道它的情况。")
        }
        R::NodeIsUnready { pod, node } => format!(
            "`{node}` 未就绪，所以 `{pod}` 不再算作就绪。kubelet 最后写下的容器状态保持不变。"
        ),
        R::NodeRepelsPods { node, key } => {
            format!("污点 `{key}` 使新的 Pod 不会被调度到 `{node}`。")
        }
        R::NodeTakesPods { node } => format!("新的 Pod 又可以调度到 `{node}` 了。"),
        R::NodeStaysAway { node } => {
            format!("`{node}` 仍未就绪：上面的 Pod 到了不再容忍的时候就得离开。")
        }
        R::NodeIsBack { node } => format!("`{node}` 重新就绪：上面的 Pod 可以留下。"),
        R::AllNodesUnready { node } => format!(
            "所有节点都未就绪，问题多半出在别处，所以 `{node}` 和其他节点上的 Pod 一个也不驱逐。"
        ),
        R::ToleratesTaintFor { pod, node, seconds } => {
            format!("`{pod}` 对 `{node}` 的污点可以容忍 {seconds} 秒。")
        }
        R::EvictionCancelled { pod } => format!("不必再驱逐 `{pod}`。"),
        R::EvictionAnnounced { pod } => format!("驱逐 `{pod}` 之前，先在它的状况里写明原因。"),
        R::NoLongerTolerated { pod, node } => format!("`{pod}` 不再容忍 `{node}` 的污点。"),
        R::NodeIsGone { pod, node } => {
            format!("`{node}` 已不存在，再也没有 kubelet 能确认 `{pod}` 已经停止：强制删除它。")
        }
        R::NodeOutOfService { pod, node } => {
            format!("`{node}` 上的污点保证这台机器已经关机，所以强制删除正在终止的 `{pod}`。")
        }

        R::AddressesChanged { service } => format!("`{service}` 所选择的就绪 Pod 发生了变化。"),
        R::SliceFollowsPods { service } => {
            format!("`{service}` 所选择的 Pod 发生了变化，它的 EndpointSlice 随之更新。")
        }
        R::OwnServiceIsMissing { service } => {
            format!("`{service}` 是 API 服务器自己的 Service，一旦消失就会被重新创建。")
        }
        R::ServiceIsGone { service } => {
            format!("Service `{service}` 已消失，它的 Endpoints 也随之消失。")
        }
        R::RetentionPolicy {
            set,
            claim,
            owner: Some(owner),
        } => format!(
            "按照 `{set}` 的保留策略，`{claim}` 随 `{owner}` 一起删除，因此后者成为它的属主。"
        ),
        R::RetentionPolicy {
            set,
            claim,
            owner: None,
        } => format!("按照 `{set}` 的保留策略，`{claim}` 要保留下来，因此它没有会带走它的属主。"),
        R::WaitsForStaleClaim { set, pod, claim } => {
            format!("`{set}` 暂缓创建 `{pod}`：它的申领 `{claim}` 还要随之前的 Pod 一起删除。")
        }

        R::ReplicaAdopted { set, pod } => {
            format!("`{pod}` 没有属主，标签符合 `{set}` 的选择器：收养它，不管它叫什么名字。")
        }
        R::ReplicaReleased { set, pod } => {
            format!("`{pod}` 的标签不再符合 `{set}` 的选择器：放开它。")
        }
        R::TooFewReplicas {
            set,
            active,
            replicas,
        } => format!("`{set}` 期望 {replicas} 个 Pod，现在只有 {active} 个（正在删除的不算）。"),
        R::TooManyReplicas {
            set,
            pod,
            replicas,
            preference: why,
        } => format!(
            "`{set}` 期望 {replicas} 个 Pod，现在多了。选中 `{pod}`：{}。",
            preference(why)
        ),
        R::ReplicasCounted { set } => format!("控制器数出来的结果与 `{set}` 的状态不一致。"),

        R::DefaultClassGiven { claim, class } => {
            format!("`{claim}` 没有写明存储类，而 `{class}` 现在是默认的存储类。")
        }
        R::WaitsForConsumer { claim, class } => {
            format!("存储类 `{class}` 要等使用申领的 Pod 被调度时才绑定；`{claim}` 还没有人用。")
        }
        R::ProvisionerAsked { claim, class } => {
            format!("现有的卷都不适合 `{claim}`，所以请存储类 `{class}` 的供应者新建一个。")
        }
        R::VolumeProvisioned {
            claim,
            volume,
            class,
        } => format!("存储类 `{class}` 的供应者为 `{claim}` 新建了 `{volume}`。"),
        R::NodeSelected { claim, pod, node } => {
            format!("调度器为 `{pod}` 选中了 `{node}`，所以 `{claim}` 的卷要能在那里使用。")
        }
        R::RecyclerNeeded { volume, pod } => {
            format!("`{volume}` 的回收策略是 `Recycle`：由 `{pod}` 把它清空。")
        }
        R::RecyclerDone { volume, pod } => format!("`{pod}` 已经把 `{volume}` 清空，不再需要了。"),
        R::RecycleFailed { volume } => format!("`{volume}` 没能清空。"),
        R::ProgramEnded { pod } => format!("`{pod}` 的程序运行结束，而它的 Pod 从不重启。"),
        R::OwnerForgotten { subject, owner } => {
            format!("`{}` 有多个属主，其中的 `{owner}` 已经消失。", subject.name)
        }
        R::BlocksOwner { subject, owner } => format!(
            "`{owner}` 采用前台删除：`{}` 消失之前它还在。",
            subject.name
        ),
        R::DependentsAreGone { subject } => {
            format!("`{}` 所拥有的对象都已不再阻碍它的删除。", subject.name)
        }
        R::Orphaned { subject, owner } => format!(
            "只删除 `{owner}` 本身：`{}` 留下来，不再有属主。",
            subject.name
        ),
        R::OrphansAreFree { subject } => format!(
            "`{}` 所拥有的对象都已没有属主，它可以消失了。",
            subject.name
        ),
        R::OwnerIsGone { subject } => format!("`{}` 的属主已经消失。", subject.name),
        R::FileWritten {
            pod,
            volume: Some(volume),
            path,
        } => format!("`{pod}` 写入了 `{path}`。文件在持久卷 `{volume}` 上：Pod 没了，它还在。"),
        R::FileWritten {
            pod,
            volume: None,
            path,
        } => format!("`{pod}` 写入了 `{path}`。那里没有挂载持久卷，没有申领保住这个文件。"),
        R::EventRecorded { subject } => format!("记录了一条关于 `{}` 的事件。", subject.name),
    }
}
