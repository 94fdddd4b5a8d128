//! Connections: which container answers at an address. Pods have addresses of their own; Services
//! have virtual ones, which lead to one of their endpoints, another each time.
//! reference/services-and-dns.md §1, §2.

use super::View;
use super::endpoints::{self, Endpoint};
use super::http::ConnectError;
use crate::Version;
use crate::kubelet::Program;
use crate::object::service::ServicePort;
use crate::object::{Name, Service};
use crate::random::Random;

/// Who answers at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listener {
    /// The uid of the pod.
    pub(crate) pod_uid: Name,
    /// The container.
    pub(crate) container: Name,
    /// What runs there.
    pub(crate) program: Program,
}

/// Connects to an address, from a node or, without one, from the API server's machine.
///
/// # Errors
/// As a program would be told after a while, which does not pass here.
pub(crate) fn connect(
    view: &View<'_>,
    from: Option<&Name>,
    ip: &str,
    port: u16,
    random: &mut Random,
) -> Result<Listener, ConnectError> {
    let mut services = view.store.list::<Service>();
    match services.find(|service| service.spec.cluster_ip.as_deref() == Some(ip)) {
        None => connect_to_pod(view, from, ip, port),
        Some(service) => {
            let mut ports = service.spec.ports.iter();
            // Only the ports of the Service lead anywhere: nobody answers for the others.
            let port = ports
                .find(|p| p.port == i32::from(port))
                .ok_or(ConnectError::TimedOut)?;
            let choices = backends(view, service, port);
            if choices.is_empty() {
                return Err(ConnectError::Refused);
            }
            let (ip, port) = &choices[random.below(choices.len() as u32) as usize];
            connect_to_pod(view, from, ip, *port)
        }
    }
}

/// The ready endpoints of a Service's port, each with its own port. If there are none, those that
/// are terminating and still serve (`ProxyTerminatingEndpoints`, since v1.26).
fn backends(view: &View<'_>, service: &Service, port: &ServicePort) -> Vec<(String, u16)> {
    let endpoints = endpoints::of_service(view.store, &service.metadata.name);
    let name = port.name.as_deref().unwrap_or_default();
    let of = |wanted: &dyn Fn(&Endpoint<'_>) -> bool| {
        let wanted = endpoints.iter().filter(|endpoint| wanted(endpoint));
        let targets = wanted.flat_map(|endpoint| {
            let named = endpoint.ports.iter().filter(|port| port.name == name);
            named.map(|port| (endpoint.ip.to_owned(), port.number))
        });
        targets.collect::<Vec<_>>()
    };
    let ready = of(&|endpoint| endpoint.ready);
    match ready.is_empty() && view.config.version >= Version::V1_26 {
        true => of(&|endpoint| endpoint.going),
        false => ready,
    }
}

fn connect_to_pod(
    view: &View<'_>,
    from: Option<&Name>,
    ip: &str,
    port: u16,
) -> Result<Listener, ConnectError> {
    let Some((uid, sandbox)) = view.kubelets.sandbox_at(ip) else {
        // The network of the pods says so at once; anywhere else a packet is lost.
        return Err(match ip.starts_with("172.17.") {
            true => ConnectError::NoRoute,
            false => ConnectError::TimedOut,
        });
    };
    let same_node = from == Some(&sandbox.node);
    let cut = |node: &Name| !view.reachable(node);
    if !same_node && (cut(&sandbox.node) || from.is_some_and(cut)) {
        return Err(ConnectError::TimedOut);
    }
    let (container, program) = view
        .kubelets
        .listening(uid, port)
        .ok_or(ConnectError::Refused)?;
    Ok(Listener {
        pod_uid: uid.clone(),
        container,
        program,
    })
}
