//! What a pod's containers have around them from their start to their end: address, disks,
//! environment, and the files that the kubelet writes.
//! reference/services-and-dns.md §4 (`pkg/kubelet/kubelet_pods.go`, `pkg/kubelet/envvars`).

use crate::map::Map;
use std::rc::Rc;

use serde_json::Value;

use super::attach;
use super::disk::{self, Disks, Files, Mount, WriteError};
use super::program::{self, Program};
use super::{Kubelets, Process, Worker};
use crate::object::{Name, Pod, Service};
use crate::store::Store;

/// Around the containers of one pod.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sandbox {
    /// The pod as it was when its containers were started.
    pub(crate) pod: Rc<Pod>,
    /// Where it runs.
    pub(crate) node: Name,
    /// Its address; no other pod ever has the same.
    pub(crate) ip: Name,
    /// Directories that lie on disks.
    pub(crate) mounts: Vec<Mount>,
    /// Volumes that no other node may have meanwhile.
    pub(crate) disks: Vec<Name>,
    /// Environment variables that Kubernetes and the pod's spec set, for its first container.
    pub(crate) env: Vec<(String, String)>,
}

impl Sandbox {
    /// As it is set up at the start of a pod that just got its address.
    pub(super) fn new(pod: &Rc<Pod>, node: &Name, store: &Store) -> Sandbox {
        Sandbox {
            pod: Rc::clone(pod),
            node: node.clone(),
            ip: pod.status.pod_ip.as_deref().unwrap_or_default().into(),
            mounts: disk::mounts(pod, node, store),
            disks: attach::disks(pod, store),
            env: env(pod, store),
        }
    }

    /// `hostname`, in the pod.
    pub(crate) fn hostname(&self) -> &str {
        let hostname = self
            .pod
            .spec
            .hostname
            .as_deref()
            .filter(|name| !name.is_empty());
        hostname.unwrap_or(&self.pod.metadata.name)
    }

    /// `hostname -d`, in the pod: the name of the Service that governs it, whether or not there
    /// is one.
    pub(crate) fn domain(&self) -> Option<String> {
        let subdomain = self
            .pod
            .spec
            .subdomain
            .as_deref()
            .filter(|name| !name.is_empty())?;
        Some(format!("{subdomain}.default.svc.cluster.local"))
    }

    /// The address of a name that `/etc/hosts` knows.
    pub(crate) fn known_host(&self, name: &str) -> Option<&str> {
        let own = || {
            self.domain()
                .map(|domain| format!("{}.{domain}", self.hostname()))
        };
        match name {
            "localhost" => Some("127.0.0.1"),
            name if name == self.hostname() || Some(name) == own().as_deref() => Some(&self.ip),
            _ => None,
        }
    }

    /// `/etc/hosts`.
    fn hosts(&self) -> String {
        let hostname = self.hostname();
        let names = match self.domain() {
            Some(domain) => format!("{hostname}.{domain}\t{hostname}"),
            None => hostname.to_owned(),
        };
        format!(
            "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n{}\t{names}\n",
            self.ip
        )
    }

    /// Every file that is simulated, by its path in the containers: those on disks, and those
    /// that the kubelet writes.
    pub(crate) fn files(&self, disks: &Disks) -> Files {
        let mut files: Files = Map::new();
        files.insert(
            "/etc/hostname".to_owned(),
            format!("{}\n", self.hostname()).into(),
        );
        files.insert("/etc/hosts".to_owned(), self.hosts().into());
        files.insert(
            "/etc/resolv.conf".to_owned(),
            crate::network::resolv_conf().into(),
        );
        for mount in &self.mounts {
            for (file, content) in disks.files(&mount.place) {
                if let Some(path) = disk::path_in_container(mount, file) {
                    files.insert(path, Rc::clone(content));
                }
            }
        }
        files
    }

    /// The mount that a path lies on, and the path within its place.
    ///
    /// # Errors
    /// [`WriteError`] if no file can be written there.
    pub(crate) fn writable(&self, path: &str) -> Result<(&Mount, String), WriteError> {
        let found = disk::locate(&self.mounts, path).ok_or(WriteError::NoSuchDirectory)?;
        match found.0.read_only {
            true => Err(WriteError::ReadOnly),
            false => Ok(found),
        }
    }
}

impl Kubelets {
    /// What is around the containers of the pod with this uid.
    pub(crate) fn sandbox(&self, uid: &str) -> Option<&Rc<Sandbox>> {
        self.sandboxes.get(uid)
    }

    /// The pod, by its uid, that has this address.
    pub(crate) fn sandbox_at(&self, ip: &str) -> Option<(&Name, &Rc<Sandbox>)> {
        self.sandboxes
            .iter()
            .find(|(_, sandbox)| *sandbox.ip == *ip)
    }

    /// Whether a container of the pod with this uid runs.
    pub(crate) fn runs(&self, uid: &str) -> bool {
        self.processes.get(uid).is_some_and(Process::running)
    }

    /// The container, and the program in it, that listens on a port of the pod with this uid.
    pub(crate) fn listening(&self, uid: &str, port: u16) -> Option<(Name, Program)> {
        let process = self
            .processes
            .get(uid)
            .filter(|process| process.running())?;
        let running = process.containers.iter().filter(|run| run.running());
        let mut programs =
            running.filter_map(|run| Some((run.name.clone(), Program::of_image(&run.image)?)));
        programs
            .next()
            .filter(|(_, program)| port == program.port())
    }
}

impl Worker<'_, '_> {
    /// Gives the containers what they have around them, as the pod is now.
    pub(super) fn set_up(&mut self, pod: &Rc<Pod>) {
        let sandbox = Sandbox::new(pod, self.node, self.api.store);
        Rc::make_mut(&mut self.kubelets.sandboxes).insert(self.uid.clone(), Rc::new(sandbox));
    }

    /// Nothing is around them any more, and what was made for the pod is gone.
    pub(super) fn tear_down(&mut self) {
        Rc::make_mut(&mut self.kubelets.sandboxes).remove(self.uid);
        self.kubelets.disks.wipe_pod(self.uid);
        self.kubelets.logs.remove(self.uid);
        Rc::make_mut(&mut self.kubelets.detained).remove(self.uid);
    }

    /// What a program that ends by itself has done: it emptied the volume that was mounted there.
    pub(super) fn scrub(&mut self) {
        let sandbox = self.kubelets.sandboxes.get(self.uid).map(Rc::clone);
        let mounts = sandbox.iter().flat_map(|sandbox| &sandbox.mounts);
        for mount in mounts.filter(|mount| mount.path == program::SCRUB) {
            self.kubelets.disks.wipe(&mount.place);
        }
    }
}

/// `HOSTNAME`, what the first container's spec says, and where the Services were that have a
/// virtual IP (`enableServiceLinks`).
fn env(pod: &Pod, store: &Store) -> Vec<(String, String)> {
    let hostname = pod.spec.hostname.as_deref().filter(|name| !name.is_empty());
    let hostname = hostname.unwrap_or(&pod.metadata.name);
    let mut env = vec![("HOSTNAME".to_owned(), hostname.to_owned())];
    let listed = pod
        .spec
        .containers
        .first()
        .and_then(|container| container.other.get("env"));
    for entry in listed.and_then(Value::as_array).into_iter().flatten() {
        let text = |field: &str| entry.get(field).and_then(Value::as_str);
        let Some(name) = text("name") else { continue };
        let value = match text("value") {
            Some(value) => Some(value.to_owned()),
            None => entry
                .pointer("/valueFrom/fieldRef/fieldPath")
                .and_then(Value::as_str)
                .map_or(Some(String::new()), |path| field(pod, path)),
        };
        env.extend(value.map(|value| (name.to_owned(), value)));
    }
    let links = pod.spec.other.get("enableServiceLinks") != Some(&Value::Bool(false));
    for service in store.list::<Service>() {
        // That of the API server is always there.
        if (links || service.metadata.name == "kubernetes") && !service.headless() {
            env.extend(service_env(service));
        }
    }
    env
}

/// A field of the pod that the downward API gives to its environment.
fn field(pod: &Pod, path: &str) -> Option<String> {
    let own = match path {
        "metadata.name" => Some(&pod.metadata.name),
        "metadata.namespace" => pod.metadata.namespace.as_ref(),
        "metadata.uid" => Some(&pod.metadata.uid),
        "spec.nodeName" => pod.spec.node_name.as_ref(),
        "status.podIP" => pod.status.pod_ip.as_ref(),
        "status.hostIP" => pod.status.host_ip.as_ref(),
        _ => {
            let label = path.strip_prefix("metadata.labels['")?.strip_suffix("']")?;
            pod.metadata.labels.get(label)
        }
    };
    own.cloned()
}

fn service_env(service: &Service) -> Vec<(String, String)> {
    let prefix = service.metadata.name.to_ascii_uppercase().replace('-', "_");
    let Some(ip) = &service.spec.cluster_ip else {
        return Vec::new();
    };
    let Some(first) = service.spec.ports.first() else {
        return Vec::new();
    };
    let mut env = vec![
        (format!("{prefix}_SERVICE_HOST"), ip.clone()),
        (format!("{prefix}_SERVICE_PORT"), first.port.to_string()),
    ];
    for port in &service.spec.ports {
        if let Some(name) = port.name.as_deref().filter(|name| !name.is_empty()) {
            let name = name.to_ascii_uppercase().replace('-', "_");
            env.push((
                format!("{prefix}_SERVICE_PORT_{name}"),
                port.port.to_string(),
            ));
        }
    }
    let protocol = |port: &crate::object::service::ServicePort| {
        port.protocol.as_deref().unwrap_or("TCP").to_owned()
    };
    let url = |port: &crate::object::service::ServicePort| {
        format!(
            "{}://{ip}:{}",
            protocol(port).to_ascii_lowercase(),
            port.port
        )
    };
    env.push((format!("{prefix}_PORT"), url(first)));
    for port in &service.spec.ports {
        let (number, protocol) = (port.port, protocol(port));
        let prefix = format!("{prefix}_PORT_{number}_{protocol}");
        env.push((prefix.clone(), url(port)));
        env.push((format!("{prefix}_PROTO"), protocol.to_ascii_lowercase()));
        env.push((format!("{prefix}_PORT"), number.to_string()));
        env.push((format!("{prefix}_ADDR"), ip.clone()));
    }
    env
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_with_a_virtual_ip_is_in_the_environment() {
        let service: Service = crate::object::from_value(
            json!({"metadata": {"name": "my-web"}, "spec": {
            "clusterIP": "10.96.0.87", "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}}),
        );
        let lines: Vec<String> = service_env(&service)
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            lines,
            [
                "MY_WEB_SERVICE_HOST=10.96.0.87",
                "MY_WEB_SERVICE_PORT=80",
                "MY_WEB_SERVICE_PORT_HTTP=80",
                "MY_WEB_PORT=tcp://10.96.0.87:80",
                "MY_WEB_PORT_80_TCP=tcp://10.96.0.87:80",
                "MY_WEB_PORT_80_TCP_PROTO=tcp",
                "MY_WEB_PORT_80_TCP_PORT=80",
                "MY_WEB_PORT_80_TCP_ADDR=10.96.0.87",
            ]
        );
    }
}
