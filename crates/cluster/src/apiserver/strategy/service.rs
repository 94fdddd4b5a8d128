//! Services: reference/services-and-dns.md §1
//! (`pkg/apis/core/validation/validation.go`, `pkg/registry/core/service`).

use crate::map::Set;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::{Admission, Strategy, default_other, default_text, names};
use crate::Config;
use crate::apiserver::{Fault, FieldError};
use crate::object::Object;
use crate::object::Service;
use crate::object::service::{IntOrString, ServicePort};
use crate::store::Store;

/// Virtual IPs are 10.96.0.0/12; those below this number in it are left to the cluster's own
/// Services.
const FIRST_FREE: u32 = 87;
const RANGE: (Ipv4Addr, u32) = (Ipv4Addr::new(10, 96, 0, 0), 1 << 20);
/// The cluster's DNS server has this virtual IP, whether or not its Service is shown.
const DNS: &str = "10.96.0.10";

const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

impl Strategy for Service {
    fn fill_defaults(&mut self, _config: &Config) {
        let spec = &mut self.spec;
        default_text(&mut spec.r#type, "ClusterIP");
        default_other(&mut spec.other, "sessionAffinity", "None");
        default_other(&mut spec.other, "internalTrafficPolicy", "Cluster");
        default_other(&mut spec.other, "ipFamilies", json!(["IPv4"]));
        default_other(&mut spec.other, "ipFamilyPolicy", "SingleStack");
        for port in &mut spec.ports {
            default_text(&mut port.protocol, "TCP");
            port.target_port.get_or_insert(IntOrString::Int(port.port));
        }
        if let Some(ip) = spec.cluster_ip.clone().filter(|ip| !ip.is_empty()) {
            spec.cluster_ips = vec![ip];
        }
    }

    /// A Service that wants a virtual IP, or ports of the nodes, gets the lowest that are free.
    fn admit(&mut self, admission: &mut Admission<'_>) {
        self.status = json!({"loadBalancer": {}});
        if matches!(self.kind(), "NodePort" | "LoadBalancer") {
            allocate_node_ports(self, admission.store);
        }
        let given = self.spec.cluster_ip.as_deref().unwrap_or_default();
        if !given.is_empty() || self.kind() == "ExternalName" {
            return;
        }
        let taken = taken(admission.store);
        let first = u32::from(RANGE.0) + FIRST_FREE;
        let free = (first..u32::from(RANGE.0) + RANGE.1)
            .map(|number| Ipv4Addr::from(number).to_string())
            .find(|ip| !taken.contains(ip.as_str()));
        self.spec.cluster_ips = free.iter().cloned().collect();
        self.spec.cluster_ip = free;
    }

    fn validate(&self, _config: &Config) -> Vec<FieldError> {
        let mut errors = names::validate(&self.metadata, names::label_1035);
        let spec = &self.spec;
        let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        if spec.ports.is_empty() && !self.headless() && self.kind() != "ExternalName" {
            errors.push(FieldError::required("spec.ports", ""));
        }
        match self.kind() {
            "LoadBalancer" | "NodePort" if self.headless() => {
                let why = format!("may not be set to 'None' for {} services", self.kind());
                errors.push(FieldError::invalid("spec.clusterIPs[0]", "None", why));
            }
            "ExternalName" => validate_external(self, &mut errors),
            _ => {}
        }
        validate_ports(self, &mut errors);
        errors.extend(names::labels(&spec.selector, "spec.selector"));
        let affinity = spec.other.get("sessionAffinity").and_then(Value::as_str);
        if let Some(affinity) = affinity.filter(|word| !matches!(*word, "ClientIP" | "None")) {
            let words = ["ClientIP", "None"];
            errors.push(FieldError::unsupported(
                "spec.sessionAffinity",
                affinity,
                &words,
            ));
        }
        if !kinds.contains(&self.kind()) {
            errors.push(FieldError::unsupported("spec.type", self.kind(), &kinds));
        }
        if let Some(ip) = spec.cluster_ip.as_deref()
            && !matches!(ip, "" | "None")
            && ip.parse::<Ipv4Addr>().is_err()
        {
            let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            errors.push(FieldError::invalid("spec.clusterIPs[0]", ip, why));
        }
        errors
    }

    /// A virtual IP that was asked for must lie in the range and be free.
    fn conflicts(&self, store: &Store) -> Vec<FieldError> {
        let ip = self.spec.cluster_ip.as_deref().unwrap_or_default();
        let Ok(address) = ip.parse::<Ipv4Addr>() else {
            return Vec::new();
        };
        let within = u32::from(address).wrapping_sub(u32::from(RANGE.0)) < RANGE.1;
        let why = if !within {
            format!(
                "the provided IP ({ip}) is not in the valid range. The range of valid IPs is 10.96.0.0/12"
            )
        } else if taken(store).contains(ip) {
            "provided IP is already allocated".to_owned()
        } else {
            return Vec::new();
        };
        vec![FieldError::invalid(
            "spec.clusterIPs",
            json!([ip]),
            format!("failed to allocate IP {ip}: {why}"),
        )]
    }

    fn validate_update(&self, old: &Object, config: &Config) -> Vec<FieldError> {
        let old = old.typed::<Self>();
        let mut errors = self.validate(config);
        let external = self.kind() == "ExternalName" || old.kind() == "ExternalName";
        if self.spec.cluster_ip != old.spec.cluster_ip && !external {
            errors.push(FieldError::invalid(
                "spec.clusterIPs[0]",
                json!(self.spec.cluster_ips),
                "may not change once set",
            ));
        }
        errors
    }

    fn reset_status(&mut self) {
        self.status = json!({"loadBalancer": {}});
    }

    fn keep_status(&mut self, old: &Object) {
        let old = old.typed::<Self>();
        self.status = old.status.clone();
        if self.spec.cluster_ip.is_none() {
            self.spec.cluster_ip.clone_from(&old.spec.cluster_ip);
            self.spec.cluster_ips.clone_from(&old.spec.cluster_ips);
        }
    }
}

impl Service {
    /// `spec.type`.
    fn kind(&self) -> &str {
        self.spec.r#type.as_deref().unwrap_or_default()
    }
}

fn taken(store: &Store) -> Set<&str> {
    let services = store.list::<Service>();
    let ips = services.filter_map(|service| service.spec.cluster_ip.as_deref());
    ips.chain([DNS]).collect()
}

fn node_port(port: &ServicePort) -> Option<i64> {
    let number = port.other.get("nodePort").and_then(Value::as_i64);
    number.filter(|number| *number != 0)
}

fn allocate_node_ports(service: &mut Service, store: &Store) {
    let services = store.list::<Service>();
    let ports = services.flat_map(|service| &service.spec.ports);
    let mut taken: Set<i64> = ports.filter_map(node_port).collect();
    taken.extend(service.spec.ports.iter().filter_map(node_port));
    for port in &mut service.spec.ports {
        if node_port(port).is_none()
            && let Some(free) = NODE_PORTS
                .into_iter()
                .find(|number| !taken.contains(number))
        {
            taken.insert(free);
            port.other.insert("nodePort".to_owned(), json!(free));
        }
    }
}

fn validate_external(service: &Service, errors: &mut Vec<FieldError>) {
    let ip = service.spec.cluster_ip.as_deref().unwrap_or_default();
    if !ip.is_empty() {
        let why = "may not be set for ExternalName services";
        errors.push(FieldError::forbidden("spec.clusterIPs", why));
    }
    let name = service
        .spec
        .other
        .get("externalName")
        .and_then(Value::as_str);
    let name = name.unwrap_or_default();
    if name.is_empty() {
        errors.push(FieldError::required("spec.externalName", ""));
    } else if let Some(why) = names::subdomain(name.strip_suffix('.').unwrap_or(name)) {
        errors.push(FieldError::invalid("spec.externalName", name, why));
    }
}

fn validate_ports(service: &Service, errors: &mut Vec<FieldError>) {
    let ports = &service.spec.ports;
    for (index, port) in ports.iter().enumerate() {
        let at = format!("spec.ports[{index}]");
        let name = port.name.as_deref().unwrap_or_default();
        if name.is_empty() && ports.len() > 1 {
            errors.push(FieldError::required(format!("{at}.name"), ""));
        } else if !name.is_empty() {
            if let Some(why) = names::label(name) {
                errors.push(FieldError::invalid(format!("{at}.name"), name, why));
            }
            if ports[..index].iter().any(|other| other.name == port.name) {
                errors.push(FieldError::duplicate(format!("{at}.name"), name));
            }
        }
        if let Some(why) = out_of_range(port.port) {
            errors.push(FieldError::invalid(format!("{at}.port"), port.port, why));
        }
        let protocol = port.protocol.as_deref().unwrap_or_default();
        if !matches!(protocol, "SCTP" | "TCP" | "UDP") {
            let words = ["SCTP", "TCP", "UDP"];
            errors.push(FieldError::unsupported(
                format!("{at}.protocol"),
                protocol,
                &words,
            ));
        }
        validate_target(port, &format!("{at}.targetPort"), errors);
    }
    for (index, port) in ports.iter().enumerate() {
        let same = |other: &ServicePort| other.port == port.port && other.protocol == port.protocol;
        if ports[..index].iter().any(same) {
            // As the server's internal type prints.
            let value = json!({"Name": "", "Protocol": port.protocol, "AppProtocol": null,
                "Port": port.port, "TargetPort": 0, "NodePort": 0});
            errors.push(FieldError {
                field: format!("spec.ports[{index}]"),
                fault: Fault::Duplicate { value },
            });
        }
    }
}

fn validate_target(port: &ServicePort, at: &str, errors: &mut Vec<FieldError>) {
    match &port.target_port {
        Some(IntOrString::Int(number)) => {
            if let Some(why) = out_of_range(*number) {
                errors.push(FieldError::invalid(at, *number, why));
            }
        }
        Some(IntOrString::String(name)) => {
            for why in names::port(name) {
                errors.push(FieldError::invalid(at, name.as_str(), why));
            }
        }
        None => {}
    }
}

fn out_of_range(port: i32) -> Option<&'static str> {
    (!(1..=65_535).contains(&port)).then_some("must be between 1 and 65535, inclusive")
}
