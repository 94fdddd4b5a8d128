//! `describe service`, `describe endpoints`.

use cluster::object::{Kind, Object};

use super::Page;
use crate::path::shown;
use crate::printers::Fields;

pub(super) fn describe_service(page: &mut Page<'_>) {
    page.name();
    page.own_labels();
    page.annotations();
    let selector = page.map("/spec/selector");
    let selector = match selector.is_empty() {
        true => "<none>".to_owned(),
        false => crate::printers::pairs(&selector),
    };
    page.pair(0, "Selector", &selector);
    page.pair_if_any(0, "Type", "/spec/type");
    page.pair_if_any(0, "IP Family Policy", "/spec/ipFamilyPolicy");
    let joined = |pointer: &str| {
        let words: Vec<&str> = page
            .fields
            .list(pointer)
            .filter_map(|v| v.0.as_str())
            .collect();
        match words.is_empty() {
            true => "<none>".to_owned(),
            false => words.join(","),
        }
    };
    let (families, ips) = (joined("/spec/ipFamilies"), joined("/spec/clusterIPs"));
    page.pair(0, "IP Families", &families);
    let ip = page.fields.text("/spec/clusterIP");
    page.pair(0, "IP", ip);
    page.pair(0, "IPs", &ips);
    let endpoints = page
        .cluster
        .store()
        .get_object(Kind::Endpoints, page.object.name());
    let ports: Vec<Fields<'_>> = page.fields.list("/spec/ports").collect();
    for port in ports {
        describe_port(page, port, endpoints.as_ref());
    }
    page.pair_if_any(0, "Session Affinity", "/spec/sessionAffinity");
    page.pair_if_any(0, "External Traffic Policy", "/spec/externalTrafficPolicy");
    page.pair_if_any(0, "Internal Traffic Policy", "/spec/internalTrafficPolicy");
}

fn describe_port(page: &mut Page<'_>, port: Fields<'_>, endpoints: Option<&Object>) {
    let unset = |text: &str| match text {
        "" => "<unset>".to_owned(),
        text => text.to_owned(),
    };
    let name = port.text("/name");
    let protocol = port.text("/protocol");
    let number = port.number("/port");
    page.line(0, &format!("Port:\t{}\t{number}/{protocol}", unset(name)));
    let target = port.0.get("targetPort").map_or(String::new(), shown);
    page.line(0, &format!("TargetPort:\t{target}/{protocol}"));
    let node_port = port.number("/nodePort");
    if node_port != "0" {
        page.line(
            0,
            &format!("NodePort:\t{}\t{node_port}/{protocol}", unset(name)),
        );
    }
    page.pair(0, "Endpoints", &ready_addresses(endpoints, name));
}

/// `ip:port` of the ready pods behind one port, three at most.
fn ready_addresses(endpoints: Option<&Object>, port_name: &str) -> String {
    const SHOWN: usize = 3;
    let Some(value) = endpoints.map(Object::to_value) else {
        return "<none>".to_owned();
    };
    let mut all = Vec::new();
    for subset in Fields(&value).list("/subsets") {
        let mut ports = subset.list("/ports");
        let Some(port) = ports.find(|port| port.text("/name") == port_name) else {
            continue;
        };
        let number = port.number("/port");
        let addresses = subset.list("/addresses");
        all.extend(addresses.map(|address| format!("{}:{number}", address.text("/ip"))));
    }
    let shown = all[..all.len().min(SHOWN)].join(",");
    match all.len() {
        count if count > SHOWN => format!("{shown} + {} more...", count - SHOWN),
        _ => shown,
    }
}

pub(super) fn describe_endpoints(page: &mut Page<'_>) {
    page.name();
    page.own_labels();
    page.annotations();
    page.line(0, "Subsets:");
    let subsets: Vec<Fields<'_>> = page.fields.list("/subsets").collect();
    for subset in subsets {
        let addresses = |pointer: &str| {
            let ips: Vec<&str> = subset
                .list(pointer)
                .map(|address| address.text("/ip"))
                .collect();
            match ips.is_empty() {
                true => "<none>".to_owned(),
                false => ips.join(","),
            }
        };
        page.pair(1, "Addresses", &addresses("/addresses"));
        page.pair(1, "NotReadyAddresses", &addresses("/notReadyAddresses"));
        let ports: Vec<Fields<'_>> = subset.list("/ports").collect();
        if !ports.is_empty() {
            page.line(1, "Ports:");
            page.line(2, "Name\tPort\tProtocol");
            page.line(2, "----\t----\t--------");
        }
        for port in ports {
            let name = match port.text("/name") {
                "" => "<unset>",
                name => name,
            };
            page.line(
                2,
                &format!(
                    "{name}\t{}\t{}",
                    port.number("/port"),
                    port.text("/protocol")
                ),
            );
        }
        page.line(0, "");
    }
}
