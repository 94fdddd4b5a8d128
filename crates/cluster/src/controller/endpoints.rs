//! Keeps the Endpoints of each Service: which pods can be reached through it.
//! reference/services-and-dns.md §2 (`pkg/controller/endpoint/endpoints_controller.go`).

use super::Outcome;
use crate::apiserver::{Api, DeleteOptions};
use crate::object::meta::includes;
use crate::object::service::{
    EndpointAddress, EndpointPort, EndpointSubset, IntOrString, ServicePort,
};
use crate::object::{Endpoints, Kind, Name, ObjectMeta, Pod, Service, reference_to};
use crate::sort::sort_by;
use crate::step::Reason;
use crate::store::Store;
use crate::{Config, Version};

pub(super) const HEADLESS_LABEL: &str = "service.kubernetes.io/headless";
const MANAGED_BY_LABEL: &str = "endpoints.kubernetes.io/managed-by";

/// One turn about a Service: its Endpoints follow the pods it selects.
pub(crate) fn turn(name: &Name, api: &mut Api<'_>) -> Outcome {
    let present = api.get::<Endpoints>(name).cloned();
    let Some(service) = api.get::<Service>(name).cloned() else {
        if present.is_none() {
            return Outcome::nothing();
        }
        api.delete(Kind::Endpoints, name, &DeleteOptions::default())
            .ok();
        return Outcome::because(Reason::ServiceIsGone {
            service: name.clone(),
        });
    };
    // A Service without a selector has its Endpoints from elsewhere.
    if service.spec.selector.is_empty() {
        return Outcome::nothing();
    }
    let wanted = Endpoints {
        metadata: metadata(&service, api.config),
        subsets: subsets(&service, api.store),
    };
    let reason = Reason::AddressesChanged {
        service: name.clone(),
    };
    let written = match present {
        None => api.create(wanted),
        Some(present)
            if present.subsets == wanted.subsets
                && present.metadata.labels == wanted.metadata.labels =>
        {
            return Outcome::nothing();
        }
        Some(_) => api.modify::<Endpoints>(name, |endpoints| {
            endpoints.subsets = wanted.subsets;
            endpoints.metadata.labels = wanted.metadata.labels;
        }),
    };
    match written {
        Ok(_) => Outcome::because(reason),
        Err(_) => Outcome::nothing(),
    }
}

fn metadata(service: &Service, config: &Config) -> ObjectMeta {
    let mut labels = service.metadata.labels.clone();
    if config.version >= Version::V1_33 {
        labels.insert(
            MANAGED_BY_LABEL.to_owned(),
            "endpoint-controller".to_owned(),
        );
    }
    if service.headless() {
        labels.insert(HEADLESS_LABEL.to_owned(), String::new());
    }
    ObjectMeta {
        name: service.metadata.name.clone(),
        labels,
        ..ObjectMeta::default()
    }
}

/// The addresses of the selected pods: one subset for each set of resolved ports.
fn subsets(service: &Service, store: &Store) -> Vec<EndpointSubset> {
    let mut subsets: Vec<EndpointSubset> = Vec::new();
    for pod in store.list::<Pod>() {
        let selected = includes(&pod.metadata.labels, &service.spec.selector);
        let Some(ip) = pod
            .status
            .pod_ip
            .as_ref()
            .filter(|_| selected && !pod.finished())
        else {
            continue;
        };
        if pod.terminating() && !service.publishes_not_ready() {
            continue;
        }
        let ports: Vec<EndpointPort> = service
            .spec
            .ports
            .iter()
            .filter_map(|port| resolve(port, pod))
            .collect();
        if ports.is_empty() && !service.spec.ports.is_empty() {
            continue;
        }
        let subset = match subsets.iter_mut().find(|subset| subset.ports == ports) {
            Some(subset) => subset,
            None => {
                subsets.push(EndpointSubset {
                    ports,
                    ..EndpointSubset::default()
                });
                subsets.last_mut().expect("just pushed")
            }
        };
        let address = address(service, pod, ip);
        if pod.ready() || service.publishes_not_ready() {
            subset.addresses.push(address);
        } else {
            subset.not_ready_addresses.push(address);
        }
    }
    for subset in &mut subsets {
        sort_by(&mut subset.addresses, |a, b| a.ip.cmp(&b.ip));
        sort_by(&mut subset.not_ready_addresses, |a, b| a.ip.cmp(&b.ip));
    }
    subsets
}

/// Only the governing Service gives its pods names: §2.4.
pub(super) fn governs(service: &Service, pod: &Pod) -> bool {
    let hostname = pod.spec.hostname.as_deref().unwrap_or_default();
    !hostname.is_empty() && pod.spec.subdomain.as_deref() == Some(&service.metadata.name)
}

fn address(service: &Service, pod: &Pod, ip: &str) -> EndpointAddress {
    let mut target = reference_to(pod);
    target.api_version = None;
    target.resource_version = None;
    EndpointAddress {
        hostname: pod.spec.hostname.clone().filter(|_| governs(service, pod)),
        ip: ip.to_owned(),
        node_name: pod.spec.node_name.clone(),
        target_ref: Some(target),
    }
}

/// The port of the pod that a Service's port leads to; a name that the pod lacks leads nowhere.
pub(super) fn resolve(port: &ServicePort, pod: &Pod) -> Option<EndpointPort> {
    let number = match &port.target_port {
        None => port.port,
        Some(IntOrString::Int(number)) => *number,
        Some(IntOrString::String(name)) => {
            let mut ports = pod
                .spec
                .containers
                .iter()
                .flat_map(|container| &container.ports);
            ports
                .find(|found| {
                    found.name.as_deref() == Some(name) && found.protocol == port.protocol
                })?
                .container_port
        }
    };
    Some(EndpointPort {
        app_protocol: port.app_protocol.clone(),
        name: port.name.clone().filter(|name| !name.is_empty()),
        port: number,
        protocol: port.protocol.clone(),
    })
}
