//! `describe node`.

use std::rc::Rc;

use cluster::object::{Pod, Quantity};

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
    let share = |amount: &Amount, resource: &str| {
        let pointer = ["/status/allocatable/", resource].concat();
        let all = Quantity::parse(page.fields.text(&pointer));
        // Thousandths of a CPU, whole bytes of memory.
        let all = all.map_or(0, |all| thousandths(&all));
        let percent = amount.thousandths * 100 / all.max(1);
        format!(
            "{} ({}%)",
            amount.written,
            if all > 0 { percent } else { 0 }
        )
    };
    let mut rows = Vec::new();
    for pod in &here {
        let age = age::since(pod.metadata.creation_timestamp, page.cluster.now());
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        let mut cells = vec![[namespace, "\t", &pod.metadata.name, "\t"].concat()];
        for resource in ["cpu", "memory"] {
            for field in ["requests", "limits"] {
                cells.push(share(
                    &amount(std::slice::from_ref(pod), field, resource),
                    resource,
                ));
            }
        }
        cells.push(age);
        rows.push(cells.join("\t"));
    }
    let mut totals = Vec::new();
    for resource in ["cpu", "memory", "ephemeral-storage"] {
        let cell = |field: &str| share(&amount(&here, field, resource), resource);
        totals.push([resource, "\t", &cell("requests"), "\t", &cell("limits")].concat());
    }
    rows.iter().for_each(|row| page.line(1, row));
    page.line(0, "Allocated resources:");
    page.line(
        1,
        "(Total limits may be over 100 percent, i.e., overcommitted.)",
    );
    page.line(1, "Resource\tRequests\tLimits");
    page.line(1, "--------\t--------\t------");
    totals.iter().for_each(|row| page.line(1, row));
}

/// So much of a resource.
struct Amount {
    /// As it was written if one container alone asks for it.
    written: String,
    thousandths: i128,
}

fn thousandths(quantity: &Quantity) -> i128 {
    // Larger amounts are whole ones.
    let whole = quantity.bytes();
    match quantity.as_str().strip_suffix('m').map(str::parse) {
        Some(Ok(thousandths)) => thousandths,
        _ => whole * 1000,
    }
}

/// What the containers of pods ask for altogether.
fn amount(pods: &[Rc<Pod>], field: &str, resource: &str) -> Amount {
    let pointer = ["/resources/", field, "/", resource].concat();
    let mut total = Amount {
        written: "0".to_owned(),
        thousandths: 0,
    };
    let containers = pods.iter().flat_map(|pod| &pod.spec.containers);
    for container in containers {
        let value = cluster::object::fields(container);
        let given = value.pointer(&pointer).and_then(|given| given.as_str());
        let Some(given) = given.and_then(Quantity::parse) else {
            continue;
        };
        let first = total.thousandths == 0;
        total.thousandths += thousandths(&given);
        let sum = total.thousandths;
        total.written = match first {
            true => given.as_str().to_owned(),
            false if resource == "cpu" && sum % 1000 != 0 => format!("{sum}m"),
            false => binary(sum / 1000),
        };
    }
    total
}

/// With the largest suffix that leaves a whole number.
fn binary(mut amount: i128) -> String {
    let mut suffix = "";
    for next in ["Ki", "Mi", "Gi", "Ti"] {
        if amount == 0 || amount % 1024 != 0 {
            break;
        }
        amount /= 1024;
        suffix = next;
    }
    format!("{amount}{suffix}")
}
