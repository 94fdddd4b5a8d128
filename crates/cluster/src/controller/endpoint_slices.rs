//! Keeps the EndpointSlices of each Service: reference/services-and-dns.md §2
//! (`staging/src/k8s.io/endpointslice/reconciler.go`).
//!
//! Unlike Endpoints, slices keep pods that are terminating and say so. Deleting a Service leaves
//! its slices to the garbage collector.

use crate::map::Map;
use std::rc::Rc;

use super::Outcome;
use super::endpoints::{HEADLESS_LABEL, governs, resolve};
use crate::Version;
use crate::apiserver::{Api, DeleteOptions, Status};
use crate::object::endpoint_slice::{
    DiscoveryEndpoint, DiscoveryEndpointConditions, DiscoveryEndpointPort,
};
use crate::object::meta::{Labels, Other, includes};
use crate::object::{
    EndpointSlice, Kind, Name, ObjectMeta, OwnerReference, Pod, Service, reference_to,
};
use crate::step::Reason;
use crate::store::Store;

const SERVICE_LABEL: &str = "kubernetes.io/service-name";
const MANAGED_BY_LABEL: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";

/// Endpoints that one slice holds at most.
const CAPACITY: usize = 100;

/// Milliseconds between two writes about one Service.
const WRITE_LATENCY: u64 = 2;

/// What a slice should hold.
#[derive(Clone, Debug, Default, PartialEq)]
struct Contents {
    ports: Vec<DiscoveryEndpointPort>,
    endpoints: Vec<DiscoveryEndpoint>,
}

/// What one slice, present or new, should hold.
type Target = (Option<Rc<EndpointSlice>>, Contents);

/// One turn about a Service: the next slice that doesn't follow the pods.
pub(crate) fn turn(name: &Name, api: &mut Api<'_>) -> Outcome {
    let service = api.get::<Service>(name).cloned();
    let Some(service) = service.filter(|service| {
        // discovery.k8s.io/v1 came with v1.21.
        api.config.version >= Version::V1_22
            && !service.spec.selector.is_empty()
            && !service.metadata.terminating()
    }) else {
        return Outcome::nothing();
    };
    let present: Vec<Rc<EndpointSlice>> = slices_of(name, api.store);
    let labels = labels(&service);
    let targets = arrange(&present, desired(&service, api.store));
    let written = match next(&targets, &labels) {
        Some((slice, contents)) => Some(write(&service, slice, contents, &labels, api)),
        None => {
            let used = |slice: &&Rc<EndpointSlice>| {
                let mut slices = targets.iter().filter_map(|(slice, _)| slice.as_ref());
                slices.any(|used| Rc::ptr_eq(used, slice))
            };
            let surplus = present.iter().find(|slice| !used(slice));
            surplus.map(|slice| {
                let options = DeleteOptions::default();
                api.delete(Kind::EndpointSlice, &slice.metadata.name, &options)
                    .map(drop)
            })
        }
    };
    match written {
        Some(Ok(())) => Outcome::because(Reason::SliceFollowsPods {
            service: name.clone(),
        })
        .again(WRITE_LATENCY),
        _ => Outcome::nothing(),
    }
}

/// The first slice that doesn't hold what it should.
fn next<'a>(targets: &'a [Target], labels: &Labels) -> Option<&'a Target> {
    targets.iter().find(|(slice, contents)| {
        !slice.as_ref().is_some_and(|slice| {
            slice.ports == contents.ports
                && slice.endpoints == contents.endpoints
                && slice.metadata.labels == *labels
        })
    })
}

fn write(
    service: &Service,
    slice: &Option<Rc<EndpointSlice>>,
    contents: &Contents,
    labels: &Labels,
    api: &mut Api<'_>,
) -> Result<(), Status> {
    let Contents { ports, endpoints } = contents.clone();
    if let Some(slice) = slice {
        let change = |slice: &mut EndpointSlice| {
            slice.ports = ports;
            slice.endpoints = endpoints;
            slice.metadata.labels.clone_from(labels);
        };
        return api
            .modify::<EndpointSlice>(&slice.metadata.name, change)
            .map(drop);
    }
    let (name, uid) = (&service.metadata.name, &service.metadata.uid);
    let metadata = ObjectMeta {
        generate_name: Some(format!("{name}-")),
        labels: labels.clone(),
        owner_references: vec![OwnerReference::controller(Kind::Service, name, uid)],
        ..ObjectMeta::default()
    };
    let slice = EndpointSlice {
        address_type: "IPv4".to_owned(),
        endpoints,
        metadata,
        ports,
    };
    api.create(slice).map(drop)
}

/// The slices of a Service that this controller looks after.
fn slices_of(service: &str, store: &Store) -> Vec<Rc<EndpointSlice>> {
    // As much of it as generated names begin with.
    let prefix = service.get(..58).unwrap_or(service);
    let prefixed = store.list_prefixed::<EndpointSlice>(prefix);
    prefixed
        .filter(|slice| {
            let managed_by = slice.metadata.labels.get(MANAGED_BY_LABEL);
            slice.service_name() == Some(service)
                && managed_by.is_some_and(|manager| manager == MANAGER)
                && !slice.metadata.terminating()
        })
        .cloned()
        .collect()
}

fn labels(service: &Service) -> Labels {
    let reserved = [SERVICE_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL];
    let mut labels = service.metadata.labels.clone();
    labels.retain(|label, _| !reserved.contains(&label.as_str()));
    labels.insert(SERVICE_LABEL.to_owned(), service.metadata.name.clone());
    labels.insert(MANAGED_BY_LABEL.to_owned(), MANAGER.to_owned());
    if service.headless() {
        labels.insert(HEADLESS_LABEL.to_owned(), String::new());
    }
    labels
}

/// The endpoints of all selected pods, by the ports that they resolve to.
fn desired(service: &Service, store: &Store) -> Vec<Contents> {
    let mut groups: Vec<Contents> = Vec::new();
    for pod in store.list::<Pod>() {
        let selected = includes(&pod.metadata.labels, &service.spec.selector);
        let Some(ip) = pod.status.pod_ip.as_ref() else {
            continue;
        };
        if !selected || pod.finished() {
            continue;
        }
        let resolved = service.spec.ports.iter().filter_map(|p| resolve(p, pod));
        let ports: Vec<DiscoveryEndpointPort> = resolved
            .map(|port| DiscoveryEndpointPort {
                app_protocol: port.app_protocol,
                name: Some(port.name.unwrap_or_default()),
                port: Some(port.port),
                protocol: port.protocol,
            })
            .collect();
        let endpoint = endpoint(service, pod, ip);
        match groups.iter_mut().find(|group| group.ports == ports) {
            Some(group) => group.endpoints.push(endpoint),
            None => groups.push(Contents {
                ports,
                endpoints: vec![endpoint],
            }),
        }
    }
    groups
}

/// The table of §2.
fn endpoint(service: &Service, pod: &Pod, ip: &str) -> DiscoveryEndpoint {
    let (serving, terminating) = (pod.ready(), pod.terminating());
    let ready = service.publishes_not_ready() || (serving && !terminating);
    let mut target = reference_to(pod);
    target.api_version = None;
    target.resource_version = None;
    let hostname = pod.spec.hostname.clone();
    DiscoveryEndpoint {
        addresses: vec![ip.to_owned()],
        conditions: DiscoveryEndpointConditions {
            ready: Some(ready),
            serving: Some(serving),
            terminating: Some(terminating),
        },
        hostname: hostname.filter(|_| governs(service, pod)),
        node_name: pod.spec.node_name.clone(),
        target_ref: Some(target),
        other: Other::new(),
    }
}

/// Lays the endpoints out over slices: each stays where it is, new ones fill what has room, and
/// without any there is one empty slice.
fn arrange(present: &[Rc<EndpointSlice>], groups: Vec<Contents>) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for group in groups {
        let first = targets.len();
        let mut rest: Vec<Option<DiscoveryEndpoint>> =
            group.endpoints.into_iter().map(Some).collect();
        let places: Map<String, usize> = rest
            .iter()
            .enumerate()
            .filter_map(|(place, endpoint)| Some((uid(endpoint.as_ref()?)?.to_owned(), place)))
            .collect();
        for slice in present.iter().filter(|slice| slice.ports == group.ports) {
            let mut kept = Vec::new();
            for old in &slice.endpoints {
                let place = uid(old).and_then(|uid| places.get(uid));
                kept.extend(place.and_then(|place| rest[*place].take()));
            }
            let contents = Contents {
                ports: group.ports.clone(),
                endpoints: kept,
            };
            targets.push((Some(Rc::clone(slice)), contents));
        }
        let mut rest: Vec<DiscoveryEndpoint> = rest.into_iter().flatten().collect();
        for (_, contents) in &mut targets[first..] {
            let room = CAPACITY.saturating_sub(contents.endpoints.len());
            contents
                .endpoints
                .extend(rest.drain(..room.min(rest.len())));
        }
        targets.retain(|(_, contents)| !contents.endpoints.is_empty());
        targets.extend(rest.chunks(CAPACITY).map(|chunk| {
            let contents = Contents {
                ports: group.ports.clone(),
                endpoints: chunk.to_vec(),
            };
            (None, contents)
        }));
    }
    if targets.is_empty() {
        targets.push((None, Contents::default()));
    }
    reuse(present, &mut targets);
    targets
}

/// A slice that would be deleted takes the place of one that would be created.
fn reuse(present: &[Rc<EndpointSlice>], targets: &mut [Target]) {
    for slice in present {
        let used = targets
            .iter()
            .any(|(used, _)| used.as_ref().is_some_and(|used| Rc::ptr_eq(used, slice)));
        if !used && let Some((new, _)) = targets.iter_mut().find(|(used, _)| used.is_none()) {
            *new = Some(Rc::clone(slice));
        }
    }
}

fn uid(endpoint: &DiscoveryEndpoint) -> Option<&str> {
    endpoint.target_ref.as_ref()?.uid.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(names: &[&str]) -> Vec<DiscoveryEndpoint> {
        let mut endpoints = vec![DiscoveryEndpoint::default(); names.len()];
        for (endpoint, name) in endpoints.iter_mut().zip(names) {
            let mut target = reference_to(&Pod::default());
            target.uid = Some((*name).to_owned());
            endpoint.target_ref = Some(target);
        }
        endpoints
    }

    fn group(port: i32, names: &[&str]) -> Contents {
        let port = DiscoveryEndpointPort {
            port: Some(port),
            ..DiscoveryEndpointPort::default()
        };
        Contents {
            ports: vec![port],
            endpoints: endpoints(names),
        }
    }

    fn slice(name: &str, port: i32, names: &[&str]) -> Rc<EndpointSlice> {
        let Contents { ports, endpoints } = group(port, names);
        let mut slice = EndpointSlice {
            ports,
            endpoints,
            ..EndpointSlice::default()
        };
        slice.metadata.name = name.to_owned();
        Rc::new(slice)
    }

    #[test]
    fn endpoints_stay_in_their_slices() {
        let check = |present: &[Rc<EndpointSlice>], groups, expected: &[(&str, &[&str])]| {
            let targets = arrange(present, groups);
            let found: Vec<(&str, Vec<&str>)> = targets
                .iter()
                .map(|(slice, contents)| {
                    let name = slice.as_ref().map_or("new", |s| s.metadata.name.as_str());
                    (name, contents.endpoints.iter().filter_map(uid).collect())
                })
                .collect();
            let expected: Vec<(&str, Vec<&str>)> = expected
                .iter()
                .map(|(name, list)| (*name, list.to_vec()))
                .collect();
            assert_eq!(found, expected);
        };
        check(&[], vec![group(80, &["a", "b"])], &[("new", &["a", "b"])]);
        // Nothing at all: one empty slice.
        check(&[], vec![], &[("new", &[])]);
        // The order of those that were there stays; new ones come after them.
        check(
            &[slice("s", 80, &["b", "c"])],
            vec![group(80, &["a", "b", "c"])],
            &[("s", &["b", "c", "a"])],
        );
        check(
            &[slice("s", 80, &["a", "b"])],
            vec![group(80, &["b"])],
            &[("s", &["b"])],
        );
        // The last one gone, or other ports: the slice keeps its name.
        check(&[slice("s", 80, &["a"])], vec![], &[("s", &[])]);
        check(
            &[slice("s", 80, &["a"])],
            vec![group(81, &["a"])],
            &[("s", &["a"])],
        );
        // One slice for each set of ports.
        check(
            &[slice("s", 80, &["a"])],
            vec![group(81, &["b"]), group(80, &["a"])],
            &[("new", &["b"]), ("s", &["a"])],
        );
    }

    #[test]
    fn a_slice_holds_a_hundred_endpoints() {
        let names: Vec<String> = (0..250).map(|number| number.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let counts = |present: &[Rc<EndpointSlice>]| -> Vec<usize> {
            let targets = arrange(present, vec![group(80, &names)]);
            targets.iter().map(|(_, c)| c.endpoints.len()).collect()
        };
        assert_eq!(counts(&[]), [100, 100, 50]);
        assert_eq!(counts(&[slice("s", 80, &names[..30])]), [100, 100, 50]);
    }
}
