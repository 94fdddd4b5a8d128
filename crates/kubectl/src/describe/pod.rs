//! `describe pod`, and the parts that a pod template has too.

use cluster::object::Kind;
use cluster::object::Object;
use serde_json::Value;

use super::{Page, map, rfc_1123, rfc_1123_of};
use crate::order::sorted_by_key;
use crate::path::shown;
use crate::printers::Fields;

pub(super) fn describe(page: &mut Page<'_>) {
    let Object::Pod(pod) = page.object else {
        return;
    };
    page.name();
    let priority = page.fields.number("/spec/priority");
    page.pair(0, "Priority", &priority);
    page.pair_if_any(0, "Service Account", "/spec/serviceAccountName");
    let node = match page.fields.text("/spec/nodeName") {
        "" => "<none>".to_owned(),
        node => format!("{node}/{}", page.fields.text("/status/hostIP")),
    };
    page.pair(0, "Node", &node);
    if pod.status.start_time.is_some() {
        page.pair(0, "Start Time", &rfc_1123(pod.status.start_time));
    }
    page.own_labels();
    page.annotations();
    match page.terminating() {
        Some(status) if !pod.finished() => {
            page.pair(0, "Status", &status);
            let grace = page.fields.number("/metadata/deletionGracePeriodSeconds");
            page.pair(0, "Termination Grace Period", &format!("{grace}s"));
        }
        _ => page.pair(0, "Status", &pod.status.phase),
    }
    page.pair_if_any(0, "Reason", "/status/reason");
    page.pair_if_any(0, "Message", "/status/message");
    let ip = page.fields.text("/status/podIP");
    page.pair(0, "IP", ip);
    let ips: Vec<&str> = page
        .fields
        .list("/status/podIPs")
        .map(|ip| ip.text("/ip"))
        .collect();
    match ips.is_empty() {
        true => page.pair(0, "IPs", "<none>"),
        false => page.line(0, "IPs:"),
    }
    for ip in ips {
        page.pair(1, "IP", ip);
    }
    if let Some(owner) = pod.metadata.controller() {
        page.pair(
            0,
            "Controlled By",
            &format!("{}/{}", owner.kind, owner.name),
        );
    }
    containers(page, page.fields, "/spec", "");
    conditions(page);
    volumes(page, page.fields.list("/spec/volumes").collect(), "");
    page.pair_if_any(0, "QoS Class", "/status/qosClass");
    let selectors = page.map("/spec/nodeSelector");
    page.labels("", "Node-Selectors", &selectors);
    tolerations(page, page.fields, "/spec", "");
}

fn conditions(page: &mut Page<'_>) {
    let conditions: Vec<Fields<'_>> = page.fields.list("/status/conditions").collect();
    if conditions.is_empty() {
        return;
    }
    page.line(0, "Conditions:");
    page.line(1, "Type\tStatus");
    for condition in conditions {
        let (kind, status) = (condition.text("/type"), condition.text("/status"));
        page.line(1, &format!("{kind} \t{status} "));
    }
}

/// `Containers:` of a pod (`indent` empty) or of a template.
pub(super) fn containers(page: &mut Page<'_>, of: Fields<'_>, spec: &str, indent: &str) {
    for (title, field) in [
        ("Init Containers", "initContainers"),
        ("Containers", "containers"),
    ] {
        let list: Vec<Fields<'_>> = of.list(&format!("{spec}/{field}")).collect();
        if list.is_empty() && title == "Init Containers" {
            continue;
        }
        match list.is_empty() {
            true => page.line(0, &format!("{indent}{title}: <none>")),
            false => page.line(0, &format!("{indent}{title}:")),
        }
        for container in list {
            let name = container.text("/name");
            let space = if indent.is_empty() { "" } else { " " };
            page.line(1, &format!("{space}{name}:"));
            let mut statuses = of.list("/status/containerStatuses");
            let status = statuses.find(|status| status.text("/name") == name);
            describe_container(page, container, status.filter(|_| indent.is_empty()));
        }
    }
}

fn describe_container(page: &mut Page<'_>, container: Fields<'_>, status: Option<Fields<'_>>) {
    if let Some(status) = status {
        page.pair(2, "Container ID", status.text("/containerID"));
    }
    page.pair(2, "Image", container.text("/image"));
    if let Some(status) = status {
        page.pair(2, "Image ID", status.text("/imageID"));
    }
    for (title, field) in [("Port", "/containerPort"), ("Host Port", "/hostPort")] {
        let ports: Vec<String> = container
            .list("/ports")
            .map(|port| container_port(port, field))
            .collect();
        let (plural, told) = match ports.len() {
            0 => ("", "<none>".to_owned()),
            1 => ("", ports[0].clone()),
            _ => ("s", ports.join(", ")),
        };
        page.pair(2, &format!("{title}{plural}"), &told);
    }
    for (title, field) in [("Command", "/command"), ("Args", "/args")] {
        let words: Vec<String> = container.list(field).map(|word| shown(word.0)).collect();
        if !words.is_empty() {
            page.line(2, &format!("{title}:"));
        }
        for line in words.iter().flat_map(|word| word.lines()) {
            page.line(3, line);
        }
    }
    if let Some(status) = status {
        state(page, "State", status, "/state");
        if status.0.pointer("/lastState/terminated").is_some() {
            state(page, "Last State", status, "/lastState");
        }
        let ready = status.0.get("ready") == Some(&Value::Bool(true));
        page.pair(2, "Ready", if ready { "True" } else { "False" });
        page.pair(2, "Restart Count", &status.number("/restartCount"));
    }
    for (title, field) in [
        ("Limits", "/resources/limits"),
        ("Requests", "/resources/requests"),
    ] {
        let amounts = map(container, field);
        if !amounts.is_empty() {
            page.line(2, &format!("{title}:"));
        }
        for (name, amount) in amounts {
            page.pair(3, &name, &amount);
        }
    }
    for (title, field) in [
        ("Liveness", "/livenessProbe"),
        ("Readiness", "/readinessProbe"),
        ("Startup", "/startupProbe"),
    ] {
        if let Some(probe) = container.0.pointer(field) {
            page.pair(2, title, &described_probe(Fields(probe)));
        }
    }
    environment(page, container);
    mounts(page, container);
}

fn container_port(port: Fields<'_>, field: &str) -> String {
    let protocol = match port.text("/protocol") {
        "" => "TCP",
        protocol => protocol,
    };
    let number = port.number(field);
    match port.text("/name") {
        "" => format!("{number}/{protocol}"),
        name => format!("{number}/{protocol} ({name})"),
    }
}

fn state(page: &mut Page<'_>, title: &str, status: Fields<'_>, pointer: &str) {
    let part = |name: &str| status.0.pointer(&format!("{pointer}/{name}")).map(Fields);
    if let Some(running) = part("running") {
        page.pair(2, title, "Running");
        page.pair(3, "Started", &rfc_1123_of(running.text("/startedAt")));
    } else if let Some(terminated) = part("terminated") {
        page.pair(2, title, "Terminated");
        for (key, field) in [("Reason", "/reason"), ("Message", "/message")] {
            if !terminated.text(field).is_empty() {
                page.pair(3, key, terminated.text(field));
            }
        }
        page.pair(3, "Exit Code", &terminated.number("/exitCode"));
        page.pair(3, "Started", &rfc_1123_of(terminated.text("/startedAt")));
        page.pair(3, "Finished", &rfc_1123_of(terminated.text("/finishedAt")));
    } else {
        page.pair(2, title, "Waiting");
        let reason = part("waiting").map_or("", |waiting| waiting.text("/reason"));
        if !reason.is_empty() {
            page.pair(3, "Reason", reason);
        }
    }
}

/// `http-get http://:8080/ delay=0s timeout=1s period=10s #success=1 #failure=3`
fn described_probe(probe: Fields<'_>) -> String {
    let number = |field: &str, default: i64| {
        let given = probe.0.get(field).and_then(Value::as_i64);
        given.unwrap_or(default)
    };
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds", 0),
        number("timeoutSeconds", 1),
        number("periodSeconds", 10),
        number("successThreshold", 1),
        number("failureThreshold", 3),
    );
    let port = |pointer: &str| probe.0.pointer(pointer).map_or(String::new(), shown);
    if probe.0.get("httpGet").is_some() {
        let scheme = match probe.text("/httpGet/scheme") {
            "" => "http".to_owned(),
            scheme => scheme.to_ascii_lowercase(),
        };
        let (host, path) = (probe.text("/httpGet/host"), probe.text("/httpGet/path"));
        let slash = if path.starts_with('/') { "" } else { "/" };
        let port = port("/httpGet/port");
        return format!("http-get {scheme}://{host}:{port}{slash}{path} {attributes}");
    }
    if probe.0.get("tcpSocket").is_some() {
        let (host, port) = (probe.text("/tcpSocket/host"), port("/tcpSocket/port"));
        return format!("tcp-socket {host}:{port} {attributes}");
    }
    if probe.0.get("exec").is_some() {
        let words: Vec<String> = probe
            .list("/exec/command")
            .map(|word| shown(word.0))
            .collect();
        return format!("exec [{}] {attributes}", words.join(" "));
    }
    format!("unknown {attributes}")
}

fn environment(page: &mut Page<'_>, container: Fields<'_>) {
    let variables: Vec<Fields<'_>> = container.list("/env").collect();
    match variables.is_empty() {
        true => page.pair(2, "Environment", "<none>"),
        false => page.line(2, "Environment:"),
    }
    for variable in variables {
        let field = variable.text("/valueFrom/fieldRef/fieldPath");
        let value = match field {
            "" => variable.text("/value").to_owned(),
            field => format!(" (v1:{field})"),
        };
        page.pair(3, variable.text("/name"), &value);
    }
}

fn mounts(page: &mut Page<'_>, container: Fields<'_>) {
    let mounts = container.list("/volumeMounts");
    let mounts = sorted_by_key(mounts, |mount| mount.text("/mountPath"));
    match mounts.is_empty() {
        true => page.pair(2, "Mounts", "<none>"),
        false => page.line(2, "Mounts:"),
    }
    for mount in mounts {
        let mode = match mount.0.get("readOnly") {
            Some(Value::Bool(true)) => "ro",
            _ => "rw",
        };
        let sub_path = match mount.text("/subPath") {
            "" => String::new(),
            path => format!(",path=\"{path}\""),
        };
        let (path, name) = (mount.text("/mountPath"), mount.text("/name"));
        page.line(3, &format!("{path} from {name} ({mode}{sub_path})"));
    }
}

/// `Volumes:` of a pod (`indent` empty) or of a template.
pub(super) fn volumes(page: &mut Page<'_>, volumes: Vec<Fields<'_>>, indent: &str) {
    if volumes.is_empty() {
        return page.line(0, &format!("{indent}Volumes:\t<none>"));
    }
    page.line(0, &format!("{indent}Volumes:"));
    for volume in volumes {
        let space = if indent.is_empty() { "" } else { " " };
        page.line(1, &format!("{space}{}:", volume.text("/name")));
        let yes = |pointer: &str| volume.0.pointer(pointer) == Some(&Value::Bool(true));
        if volume.0.get("persistentVolumeClaim").is_some() {
            page.pair(2, "Type", "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)");
            page.pair(
                2,
                "ClaimName",
                volume.text("/persistentVolumeClaim/claimName"),
            );
            let read_only = yes("/persistentVolumeClaim/readOnly").to_string();
            page.pair(2, "ReadOnly", &read_only);
        } else if volume.0.get("emptyDir").is_some() {
            page.pair(
                2,
                "Type",
                "EmptyDir (a temporary directory that shares a pod's lifetime)",
            );
            page.pair(2, "Medium", volume.text("/emptyDir/medium"));
            let limit = match volume.text("/emptyDir/sizeLimit") {
                "" => "<unset>",
                limit => limit,
            };
            page.pair(2, "SizeLimit", limit);
        } else if volume.0.get("hostPath").is_some() {
            page.pair(2, "Type", "HostPath (bare host directory volume)");
            page.pair(2, "Path", volume.text("/hostPath/path"));
            page.pair(2, "HostPathType", volume.text("/hostPath/type"));
        } else {
            page.line(2, "<unknown>");
        }
    }
}

/// `key=value:Effect op=Exists for 300s`, one a line.
pub(super) fn tolerations(page: &mut Page<'_>, of: Fields<'_>, spec: &str, indent: &str) {
    let list = of.list(&format!("{spec}/tolerations")).map(|toleration| {
        let mut text = toleration.text("/key").to_owned();
        for (before, field) in [("=", "/value"), (":", "/effect")] {
            if !toleration.text(field).is_empty() {
                text.push_str(before);
                text.push_str(toleration.text(field));
            }
        }
        if toleration.text("/operator") == "Exists" && toleration.text("/value").is_empty() {
            let blank = if text.is_empty() { "" } else { " " };
            text.push_str(&format!("{blank}op=Exists"));
        }
        if let Some(seconds) = toleration.0.get("tolerationSeconds") {
            text.push_str(&format!(" for {seconds}s"));
        }
        text
    });
    let list = sorted_by_key(list, String::clone);
    page.lines(indent, "Tolerations", &list);
}

/// How many pods of an owner are in each phase.
pub(super) fn pods_status(page: &mut Page<'_>) {
    let uid = page.object.uid();
    let pods = page.cluster.store().list_objects(Kind::Pod);
    let own = pods.iter().filter(|pod| pod.metadata().controlled_by(uid));
    let mut counts = [0; 4];
    for pod in own {
        if let Object::Pod(pod) = pod {
            match pod.status.phase.as_str() {
                "Running" => counts[0] += 1,
                "Pending" => counts[1] += 1,
                "Succeeded" => counts[2] += 1,
                "Failed" => counts[3] += 1,
                _ => {}
            }
        }
    }
    let [running, waiting, succeeded, failed] = counts;
    page.pair(
        0,
        "Pods Status",
        &format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed"),
    );
}
