//! `describe node`.

use cluster::object::Pod;

use super::{Page, rfc_1123, rfc_1123_of};
use crate::age;
use crate::order::sorted_by_key;
use crate::printers::Fields;

pub(super) fn describe(page: &mut Page<'_>) {
    page.name();
    let roles = page.map("/metadata/labels");
    let roles = roles
        .keys()
        .filter_map(|label| label.strip_prefix("node-role.kubernetes.io/"));
    let roles: Vec<&str> = roles.collect();
    let roles = match roles.is_empty() {
        true => "<none>".to_owned(),
        false => roles.join(","),
    };
    page.pair(0, "Roles", &roles);
    page.own_labels();
    page.annotations();
    let created = rfc_1123(page.object.metadata().creation_timestamp);
    page.pair(0, "CreationTimestamp", &created);
    let taints = page.fields.list("/spec/taints");
    let taints = sorted_by_key(taints, |taint| {
        (
            taint.text("/effect").to_owned(),
            taint.text("/key").to_owned(),
        )
    });
    let taints = taints.iter().map(|taint| {
        let value = match taint.text("/value") {
            "" => String::new(),
            value => format!("={value}"),
        };
        format!("{}{value}:{}", taint.text("/key"), taint.text("/effect"))
    });
    let taints: Vec<String> = taints.collect();
    page.lines("", "Taints", &taints);
    let unschedulable = page.fields.0.pointer("/spec/unschedulable");
    let unschedulable = unschedulable.and_then(|value| value.as_bool());
    page.pair(
        0,
        "Unschedulable",
        &unschedulable.unwrap_or(false).to_string(),
    );
    if let Some(renewed) = page.cluster.lease_renewed(page.object.name()) {
        page.line(0, "Lease:");
        page.pair(1, "HolderIdentity", page.object.name());
        page.pair(1, "AcquireTime", "<unset>");
        page.pair(1, "RenewTime", &rfc_1123(Some(renewed)));
    }
    conditions(page);
    page.line(0, "Addresses:");
    let addresses: Vec<Fields<'_>> = page.fields.list("/status/addresses").collect();
    for address in addresses {
        page.pair(1, address.text("/type"), address.text("/address"));
    }
    for (title, pointer) in [
        ("Capacity", "/status/capacity"),
        ("Allocatable", "/status/allocatable"),
    ] {
        page.line(0, &format!("{title}:"));
        for (name, amount) in page.map(pointer) {
            page.pair(1, &name, &amount);
        }
    }
    page.line(0, "System Info:");
    for (title, field) in [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ] {
        let value = page.fields.text(&format!("/status/nodeInfo/{field}"));
        page.pair(1, title, value);
    }
    pods(page);
}

fn conditions(page: &mut Page<'_>) {
    let conditions: Vec<Fields<'_>> = page.fields.list("/status/conditions").collect();
    if conditions.is_empty() {
        return;
    }
    page.line(0, "Conditions:");
    page.line(
        1,
        "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage",
    );
    page.line(
        1,
        "----\t------\t-----------------\t------------------\t------\t-------",
    );
    for condition in conditions {
        let time = |field: &str| match condition.text(field) {
            "" => rfc_1123_of(condition.text("/lastTransitionTime")),
            time => rfc_1123_of(time),
        };
        page.line(
            1,
            &format!(
                "{} \t{} \t{} \t{} \t{} \t{}",
                condition.text("/type"),
                condition.text("/status"),
                time("/lastHeartbeatTime"),
                time("/lastTransitionTime"),
                condition.text("/reason"),
                condition.text("/message")
            ),
        );
    }
}

/// The pods of the node that are not finished, with what they ask for.
fn pods(page: &mut Page<'_>) {
    let node = page.object.name();
    let all = page.cluster.store().list::<Pod>();
    let here = all.filter(|pod| pod.spec.node_name.as_deref() == Some(node) && !pod.finished());
    let here: Vec<_> = here.cloned().collect();
    page.line(
        0,
        &format!("Non-terminated Pods:\t({} in total)", here.len()),
    );
    page.line(
        1,
        "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge",
    );
    page.line(
        1,
        "---------\t----\t\t------------\t----------\t---------------\t-------------\t---",
    );
    for pod in here {
        let age = age::since(pod.metadata.creation_timestamp, page.cluster.now());
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let amounts = [
            "requests/cpu",
            "limits/cpu",
            "requests/memory",
            "limits/memory",
        ];
        let amounts = amounts.map(|field| amount(&pod, field));
        page.line(
            1,
            &format!(
                "{namespace}\t{}\t\t{}\t{age}",
                pod.metadata.name,
                amounts.join("\t")
            ),
        );
    }
}

/// What the containers ask for; the share is not computed when they do.
fn amount(pod: &Pod, field: &str) -> String {
    let pointer = format!("/resources/{field}");
    let containers = pod.spec.containers.iter().filter_map(|container| {
        let value = cluster::object::fields(container);
        let amount = value.pointer(&pointer)?.as_str()?;
        Some(amount.to_owned())
    });
    let given: Vec<String> = containers.collect();
    match given.is_empty() {
        true => "0 (0%)".to_owned(),
        false => given.join("+"),
    }
}
