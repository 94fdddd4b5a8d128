//! The network: names, virtual IPs, and who reaches whom. reference/services-and-dns.md,
//! reference/apiserver-proxy.md.
//!
//! What is asked here changes nothing for anybody else: choices that the real network makes at
//! random are drawn from generators of its own, one for questions and one for what may be stored,
//! so that what is stored where does not depend on how often somebody has looked. Only a program
//! that stores what it is sent changes something, its disk, and that is a [`Step`].

pub mod dns;
mod endpoints;
mod exchange;
pub mod http;
mod resolver;
mod service;
mod zone;

use std::rc::Rc;

pub(crate) use resolver::resolv_conf;
pub use resolver::{Lookup, candidates};
pub use zone::ServiceName;

use self::dns::{Answer, Question, RecordType};
use self::exchange::{Crash, Effect, Exchange, Net};
use self::http::{HttpError, HttpRequest, HttpResponse};
use self::resolver::{Memory, Resolver};
use crate::kubelet::disk::{Files, Mount, Place, WriteError};
use crate::kubelet::{DATA_FILE, Kubelets, LogLine, STORED, Sandbox};
use crate::object::{Name, PersistentVolume, Pod, Service};
use crate::random::Random;
use crate::step::{Actor, Reason, Step};
use crate::store::Store;
use crate::time::Time;
use crate::{Cluster, Config};

/// What the network remembers.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    /// For questions, which change nothing.
    safe: Random,
    /// For requests that may.
    unsafe_: Random,
    memory: Memory,
}

impl Network {
    pub(crate) fn new(seed: u64) -> Network {
        Network {
            safe: Random::child(seed, "network-safe"),
            unsafe_: Random::child(seed, "network-unsafe"),
            memory: Memory::default(),
        }
    }
}

/// What Node says of a full disk.
const NO_SPACE: &str = "ENOSPC: no space left on device";

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Somebody outside, through the API server: `kubectl proxy`, `kubectl get --raw`.
    ApiClient,
    /// A program in the pod of this name.
    Pod(String),
}

/// Something that was asked and answered: a look-up or a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// The pod that asked; nothing if it was somebody outside, through the API server.
    pub asker: Option<Name>,
    /// What was asked for.
    pub asked: Asked,
    /// What came back.
    pub answer: Answered,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A name, of the DNS server.
    Name(Question),
    /// A path, of a program: `GET /data`.
    Path(String),
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The DNS server's answer.
    Records(Answer),
    /// A program's answer: the pod that it runs in, and the status code.
    Status(Name, u16),
    /// None.
    Nothing,
}

/// Why a look-up has no answer at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// Nothing of such a pod runs, so nobody asks.
    NotRunning,
    /// The pod's node is cut off from the server.
    TimedOut,
}

/// The cluster as the network sees it.
pub(crate) struct View<'a> {
    pub(crate) store: &'a Store,
    pub(crate) kubelets: &'a Kubelets,
    pub(crate) config: &'a Config,
    pub(crate) now: Time,
}

impl View<'_> {
    /// Whether the node and the rest of the cluster reach each other.
    pub(crate) fn reachable(&self, node: &str) -> bool {
        !self.kubelets.leases.is_cut(node)
    }
}

impl Cluster {
    /// Whether the node and the rest of the cluster reach each other.
    pub fn reachable(&self, node: &str) -> bool {
        !self.kubelets.leases.is_cut(node)
    }

    /// What was asked and answered since the last step or [`Cluster::forget_talks`], in the order
    /// of the answers.
    pub fn talks(&self) -> &[Talk] {
        &self.network.memory.seen
    }

    /// What was asked before is of no interest any more.
    pub fn forget_talks(&mut self) {
        if !self.network.memory.seen.is_empty() {
            self.network.memory.seen = Rc::default();
        }
    }

    /// What the DNS server has to say, without shuffling and without anybody's memory: for
    /// pictures.
    pub fn dns(&self, question: &Question) -> Answer {
        zone::answer(&self.store, self.now, question)
    }

    /// The names that the DNS server has of a Service, and those of its endpoints that it keeps
    /// back: for pictures.
    pub fn service_names(&self, service: &Service) -> Vec<ServiceName> {
        zone::names_of(&self.store, service)
    }

    /// Asks the DNS server for exactly this name from a pod, as dig does.
    ///
    /// # Errors
    /// [`LookupError`] if there is no answer at all.
    pub fn query(&mut self, pod: &str, question: &Question) -> Result<Answer, LookupError> {
        self.with_resolver(pod, |resolver| resolver.ask(question))
    }

    /// Looks a name up in a pod, with its search list.
    ///
    /// # Errors
    /// [`LookupError`] if there is no answer at all.
    pub fn resolve(
        &mut self,
        pod: &str,
        name: &str,
        record_type: RecordType,
    ) -> Result<Lookup, LookupError> {
        self.with_resolver(pod, |resolver| resolver.look_up(name, record_type))
    }

    fn with_resolver<R>(
        &mut self,
        pod: &str,
        work: impl FnOnce(&mut Resolver<'_>) -> R,
    ) -> Result<R, LookupError> {
        let (uid, sandbox) = self.sandbox(pod).ok_or(LookupError::NotRunning)?;
        if !self.reachable(&sandbox.node) {
            return Err(LookupError::TimedOut);
        }
        Ok(work(&mut Resolver {
            store: &self.store,
            now: self.now,
            cache: self.config.dns_cache,
            pod_uid: &uid,
            pod,
            random: &mut self.network.safe,
            memory: &mut self.network.memory,
        }))
    }

    /// Makes a request and waits for the answer, in no time. A step tells if the program that was
    /// asked stored something.
    ///
    /// # Errors
    /// [`HttpError`] if there is no answer. What the API server refuses is an answer.
    pub fn http(
        &mut self,
        caller: &Caller,
        request: &HttpRequest,
    ) -> (Result<HttpResponse, HttpError>, Option<Step>) {
        let from = match caller {
            Caller::ApiClient => None,
            Caller::Pod(pod) => match self.sandbox(pod) {
                Some((_, sandbox)) => Some(sandbox),
                None => return (Err(HttpError::NotRunning), None),
            },
        };
        let view = View {
            store: &self.store,
            kubelets: &self.kubelets,
            config: &self.config,
            now: self.now,
        };
        let network = &mut self.network;
        let random = match request.is_safe() {
            true => &mut network.safe,
            false => &mut network.unsafe_,
        };
        let mut net = Net {
            view,
            random,
            memory: &mut network.memory,
            crashed: None,
        };
        let exchange = match from {
            None => Ok(net.through_api_server(request)),
            Some(sandbox) => net.request_of_pod(&sandbox, request),
        };
        if let Some(Crash { listener, pod, why }) = net.crashed {
            // Node says what it was that nobody handled.
            let why = match why {
                WriteError::NoSuchDirectory => "ENOENT: no such file or directory",
                WriteError::ReadOnly => "EROFS: read-only file system",
                WriteError::NoSpace => NO_SPACE,
            };
            let line = format!("Error: {why}, open '{DATA_FILE}'");
            let logs = &mut self.kubelets.logs;
            logs.print(&listener.pod_uid, &listener.container, &line, self.now);
            let answer = exchange.map(|exchange| exchange.response);
            return (answer, self.crash(&pod, 1));
        }
        let Exchange { response, effect } = match exchange {
            Ok(exchange) => exchange,
            Err(error) => return (Err(error), None),
        };
        let step = effect.and_then(|effect| {
            let Effect {
                sandbox,
                container,
                file,
                content,
            } = effect;
            let (written, mut step) = self.write(&sandbox, &file, &content, false);
            let uid: Name = sandbox.pod.metadata.uid.as_str().into();
            let mut print = |line: &str| {
                let logs = &mut self.kubelets.logs;
                logs.print(&uid, &container, line, self.now);
            };
            print(STORED);
            // It answers as soon as the file is open; that it can't write is an error later, which
            // it doesn't handle.
            if written == Err(WriteError::NoSpace) {
                print(&format!("Error: {NO_SPACE}, write"));
                self.crash(&sandbox.pod.metadata.name, 1);
                if let Some(Reason::NoSpaceLeft { ended, .. }) =
                    step.as_mut().and_then(|step| Rc::get_mut(&mut step.reason))
                {
                    *ended = true;
                }
            }
            step
        });
        (Ok(response), step)
    }

    /// Writes a file, or more at its end, and tells of it.
    fn write(
        &mut self,
        sandbox: &Sandbox,
        path: &str,
        content: &str,
        append: bool,
    ) -> (Result<(), WriteError>, Option<Step>) {
        let (mount, file) = match sandbox.writable(path) {
            Ok(found) => found,
            Err(why) => return (Err(why), None),
        };
        let disks = &mut self.kubelets.disks;
        let written = disks.write(&mount.place, &file, content, append);
        let pod: Name = sandbox.pod.metadata.name.as_str().into();
        let (volume, path) = (mount.persistent_volume.clone(), path.into());
        let step = Step {
            time: self.now,
            actor: Actor::Program(pod.clone()),
            change: None,
            reason: Rc::new(match written {
                Ok(()) => Reason::FileWritten { pod, volume, path },
                Err(_) => Reason::NoSpaceLeft {
                    pod,
                    volume: volume.unwrap_or_else(|| mount.volume.clone()),
                    path,
                    ended: false,
                },
            }),
        };
        (written, Some(step))
    }

    /// Writes a file in a running pod, in place of one that is there or at its end (`append`), as a
    /// shell in it would. Nothing if no such pod runs. A step tells if the disk changed: on a full
    /// one the file is opened, and emptied if it is not to be added to.
    ///
    /// # Errors
    /// [`WriteError`] if the path does not lie on a disk that can be written to.
    pub fn write_file(
        &mut self,
        pod: &str,
        path: &str,
        content: &str,
        append: bool,
    ) -> Option<(Result<(), WriteError>, Option<Step>)> {
        let (_, sandbox) = self.sandbox(pod)?;
        Some(self.write(&sandbox, path, content, append))
    }

    /// The simulated files of a running pod, by their path in its containers: those on its disks,
    /// and `/etc/hosts` and the like. Nothing if no such pod runs.
    pub fn files(&self, pod: &str) -> Option<Files> {
        let (_, sandbox) = self.sandbox(pod)?;
        Some(sandbox.files(&self.kubelets.disks))
    }

    /// The directories of a running pod's containers that lie on disks.
    pub fn mounts(&self, pod: &str) -> Option<Vec<Mount>> {
        let (_, sandbox) = self.sandbox(pod)?;
        Some(sandbox.mounts.clone())
    }

    /// The environment of a running pod's first container, as far as Kubernetes and the pod's spec
    /// set it. Nothing if no such pod runs.
    pub fn env(&self, pod: &str) -> Option<Vec<(String, String)>> {
        let (_, sandbox) = self.sandbox(pod)?;
        Some(sandbox.env.clone())
    }

    /// What the program in a container of the pod that the API knows by this name has printed, in
    /// its last run or in the one before. Nothing if it was never started, or never started again.
    pub fn logs(&self, pod: &str, container: &str, previous: bool) -> Option<&[LogLine]> {
        let pod = self.store.get::<Pod>(pod)?;
        self.kubelets
            .logs
            .lines(&pod.metadata.uid, container, previous)
    }

    /// Every disk that was ever written to, with the files on it.
    pub fn disks(&self) -> impl Iterator<Item = (&Place, &Files)> {
        self.kubelets.disks.places()
    }

    /// The files of a PersistentVolume, by where they lie: those of a `hostPath` lie on each node that
    /// a pod with this volume wrote to.
    pub fn volume_files(&self, volume: &str) -> Vec<(&Place, &Files)> {
        let volume = self.store.get::<PersistentVolume>(volume);
        let places = volume.map(|volume| self.kubelets.disks.of_volume(volume));
        places.into_iter().flatten().collect()
    }

    /// What is around the containers of the pod that the API knows by this name, if they run.
    fn sandbox(&self, pod: &str) -> Option<(Name, Rc<Sandbox>)> {
        let uid: Name = self.store.get::<Pod>(pod)?.metadata.uid.as_str().into();
        let sandbox = self
            .kubelets
            .sandbox(&uid)
            .filter(|_| self.kubelets.runs(&uid))?;
        Some((uid, Rc::clone(sandbox)))
    }
}
