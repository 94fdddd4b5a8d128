//! Services: reference/services-and-dns.md §1.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Admission, Strategy, default_other, default_text, names};
use crate::Config;
use crate::apiserver::FieldError;
use crate::object::Service;
use crate::object::service::IntOrString;

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

    /// A Service that wants a virtual IP gets the lowest free one of 10.96.0.0/16.
    fn admit(&mut self, admission: &mut Admission<'_>) {
        self.status = json!({"loadBalancer": {}});
        if self
            .spec
            .cluster_ip
            .as_deref()
            .is_some_and(|ip| !ip.is_empty())
        {
            return;
        }
        let taken: BTreeSet<&str> = admission
            .store
            .list::<Service>()
            .filter_map(|service| service.spec.cluster_ip.as_deref())
            .collect();
        let free = (87..65_000)
            .map(|number| format!("10.96.{}.{}", number / 256, number % 256))
            .find(|ip| !taken.contains(ip.as_str()));
        self.spec.cluster_ips = free.iter().cloned().collect();
        self.spec.cluster_ip = free;
    }

    fn validate(&self, _config: &Config) -> Vec<FieldError> {
        let mut errors = names::validate(&self.metadata, names::label_1035);
        let spec = &self.spec;
        if spec.ports.is_empty() && !self.headless() {
            errors.push(FieldError::required("spec.ports", ""));
        }
        for (index, port) in spec.ports.iter().enumerate() {
            let at = format!("spec.ports[{index}]");
            let name = port.name.as_deref().unwrap_or_default();
            if name.is_empty() && spec.ports.len() > 1 {
                errors.push(FieldError::required(format!("{at}.name"), ""));
            } else if !name.is_empty() {
                if let Some(why) = names::label(name) {
                    errors.push(FieldError::invalid(format!("{at}.name"), name, why));
                }
                if spec.ports[..index]
                    .iter()
                    .any(|other| other.name == port.name)
                {
                    errors.push(FieldError::duplicate(format!("{at}.name"), name));
                }
            }
            if !(1..=65_535).contains(&port.port) {
                let why = "must be between 1 and 65535, inclusive";
                errors.push(FieldError::invalid(format!("{at}.port"), port.port, why));
            }
        }
        let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        if let Some(kind) = spec.r#type.as_deref().filter(|kind| !kinds.contains(kind)) {
            errors.push(FieldError::unsupported("spec.type", kind, &kinds));
        }
        errors.extend(names::labels(&spec.selector, "spec.selector"));
        errors
    }

    fn validate_update(&self, old: &Self, config: &Config) -> Vec<FieldError> {
        let mut errors = self.validate(config);
        if self.spec.cluster_ip != old.spec.cluster_ip {
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

    fn keep_status(&mut self, old: &Self) {
        self.status = old.status.clone();
        if self.spec.cluster_ip.is_none() {
            self.spec.cluster_ip.clone_from(&old.spec.cluster_ip);
            self.spec.cluster_ips.clone_from(&old.spec.cluster_ips);
        }
    }
}
