//! `describe statefulset`, `describe replicaset`.

use serde_json::Value;

use super::{Page, map, pod, rfc_1123};
use crate::printers::Fields;

pub(super) fn describe_stateful_set(page: &mut Page<'_>) {
    page.name();
    let created = rfc_1123(page.object.metadata().creation_timestamp);
    page.pair(0, "CreationTimestamp", &created);
    selector(page);
    page.own_labels();
    page.annotations();
    let desired = page.fields.number("/spec/replicas");
    let total = page.fields.number("/status/replicas");
    page.pair(0, "Replicas", &format!("{desired} desired | {total} total"));
    let strategy = page.fields.text("/spec/updateStrategy/type");
    page.pair(0, "Update Strategy", strategy);
    if let Some(rolling) = page.fields.0.pointer("/spec/updateStrategy/rollingUpdate") {
        if let Some(partition) = rolling.get("partition") {
            page.pair(1, "Partition", &partition.to_string());
        }
        if let Some(unavailable) = rolling.get("maxUnavailable") {
            page.pair(1, "MaxUnavailable", &crate::path::shown(unavailable));
        }
    }
    pod::pods_status(page);
    template(page);
    claim_templates(page);
}

pub(super) fn describe_replica_set(page: &mut Page<'_>) {
    page.name();
    selector(page);
    page.own_labels();
    page.annotations();
    if let Some(owner) = page.object.metadata().controller() {
        page.pair(
            0,
            "Controlled By",
            &format!("{}/{}", owner.kind, owner.name),
        );
    }
    let current = page.fields.number("/status/replicas");
    let desired = page.fields.number("/spec/replicas");
    page.pair(
        0,
        "Replicas",
        &format!("{current} current / {desired} desired"),
    );
    pod::pods_status(page);
    template(page);
}

fn selector(page: &mut Page<'_>) {
    let labels = page.map("/spec/selector/matchLabels");
    let mut terms: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    for requirement in page.fields.list("/spec/selector/matchExpressions") {
        let values: Vec<&str> = requirement
            .list("/values")
            .filter_map(|value| value.0.as_str())
            .collect();
        let (key, values) = (requirement.text("/key"), values.join(","));
        terms.push(match requirement.text("/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        });
    }
    let text = match terms.is_empty() {
        true => "<none>".to_owned(),
        false => terms.join(","),
    };
    page.pair(0, "Selector", &text);
}

/// `Pod Template:`
pub(super) fn template(page: &mut Page<'_>) {
    let Some(template) = page.fields.0.pointer("/spec/template").map(Fields) else {
        return;
    };
    page.line(0, "Pod Template:");
    page.labels("  ", "Labels", &map(template, "/metadata/labels"));
    let annotations = map(template, "/metadata/annotations");
    if !annotations.is_empty() {
        let entries: Vec<String> = annotations
            .iter()
            .map(|(k, v)| format!("{k}: {v}"))
            .collect();
        page.lines("  ", "Annotations", &entries);
    }
    let account = template.text("/spec/serviceAccountName");
    if !account.is_empty() {
        page.pair(1, "Service Account", account);
    }
    pod::containers(page, template, "/spec", "  ");
    pod::volumes(page, template.list("/spec/volumes").collect(), "  ");
    page.labels("  ", "Node-Selectors", &map(template, "/spec/nodeSelector"));
    pod::tolerations(page, template, "/spec", "  ");
}

fn claim_templates(page: &mut Page<'_>) {
    let templates: Vec<Fields<'_>> = page.fields.list("/spec/volumeClaimTemplates").collect();
    if templates.is_empty() {
        return page.pair(0, "Volume Claims", "<none>");
    }
    page.line(0, "Volume Claims:");
    for template in templates {
        page.pair(1, "Name", template.text("/metadata/name"));
        page.pair(1, "StorageClass", template.text("/spec/storageClassName"));
        page.labels("  ", "Labels", &map(template, "/metadata/labels"));
        page.labels("  ", "Annotations", &map(template, "/metadata/annotations"));
        let capacity = match template.text("/spec/resources/requests/storage") {
            "" => "<default>",
            capacity => capacity,
        };
        page.pair(1, "Capacity", capacity);
        let modes: Vec<&str> = template
            .list("/spec/accessModes")
            .filter_map(|mode| Value::as_str(mode.0))
            .collect();
        page.pair(1, "Access Modes", &format!("[{}]", modes.join(" ")));
    }
}
