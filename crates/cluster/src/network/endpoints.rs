//! The endpoints of a Service as DNS server and kube-proxy see them: in its EndpointSlices, or, for
//! releases before there were any, in its Endpoints. reference/services-and-dns.md §2.

use crate::object::{EndpointSlice, Endpoints};
use crate::store::Store;

/// One endpoint.
pub(super) struct Endpoint<'a> {
    pub(super) ip: &'a str,
    /// Only if the Service governs the pod.
    pub(super) hostname: Option<&'a str>,
    /// Whether it is to be used.
    pub(super) ready: bool,
    /// Whether it still answers although it is going.
    pub(super) going: bool,
    pub(super) ports: Vec<Port<'a>>,
}

/// A port of an endpoint.
pub(super) struct Port<'a> {
    /// Empty if it has none.
    pub(super) name: &'a str,
    /// `TCP`, …
    pub(super) protocol: &'a str,
    pub(super) number: u16,
}

/// All endpoints of a Service, in the order of its slices.
pub(super) fn of_service<'a>(store: &'a Store, service: &str) -> Vec<Endpoint<'a>> {
    let slices = store.list::<EndpointSlice>();
    let mut slices = slices
        .filter(|slice| slice.service_name() == Some(service))
        .peekable();
    if slices.peek().is_some() {
        return slices.flat_map(|slice| of_slice(slice)).collect();
    }
    let endpoints = store.get::<Endpoints>(service);
    endpoints
        .map(|endpoints| of_subsets(endpoints))
        .unwrap_or_default()
}

fn of_slice(slice: &EndpointSlice) -> impl Iterator<Item = Endpoint<'_>> {
    slice.endpoints.iter().flat_map(move |endpoint| {
        let conditions = &endpoint.conditions;
        let is = |condition: Option<bool>, unless_given| condition.unwrap_or(unless_given);
        endpoint.addresses.iter().map(move |ip| Endpoint {
            ip,
            hostname: endpoint.hostname.as_deref(),
            ready: is(conditions.ready, true),
            going: is(conditions.serving, true) && is(conditions.terminating, false),
            ports: slice
                .ports
                .iter()
                .map(|port| Port {
                    name: port.name.as_deref().unwrap_or_default(),
                    protocol: port.protocol.as_deref().unwrap_or("TCP"),
                    number: port.port.unwrap_or_default() as u16,
                })
                .collect(),
        })
    })
}

fn of_subsets(endpoints: &Endpoints) -> Vec<Endpoint<'_>> {
    let subsets = endpoints.subsets.iter();
    let addresses = subsets.flat_map(|subset| {
        subset.addresses.iter().map(move |address| Endpoint {
            ip: &address.ip,
            hostname: address.hostname.as_deref(),
            ready: true,
            going: false,
            ports: subset
                .ports
                .iter()
                .map(|port| Port {
                    name: port.name.as_deref().unwrap_or_default(),
                    protocol: port.protocol.as_deref().unwrap_or("TCP"),
                    number: port.port as u16,
                })
                .collect(),
        })
    });
    addresses.collect()
}
