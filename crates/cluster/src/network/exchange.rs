//! A request on its way: to the API server or to a program, and the program's answer back.

use std::rc::Rc;

use super::dns::{RecordType, ResponseCode};
use super::http::{self, ConnectError, HttpError, HttpRequest, HttpResponse, Url};
use super::resolver::{Memory, Resolver, srv_targets};
use super::service::{self, Listener};
use super::{Answered, Asked, Talk, View};
use crate::apiserver::proxy;
use crate::kubelet::disk::WriteError;
use crate::kubelet::{DATA_FILE, PROGRAM_PORT, Reaction, Sandbox, collected};
use crate::object::{Name, Resource};
use crate::random::Random;

/// An answer, and what the program stores before it gives it.
pub(super) struct Exchange {
    pub(super) response: HttpResponse,
    pub(super) effect: Option<Effect>,
}

/// A file that a program writes.
pub(super) struct Effect {
    pub(super) sandbox: Rc<Sandbox>,
    pub(super) container: Name,
    pub(super) file: String,
    pub(super) content: String,
}

/// A program that ended over a request, as it could not open its file.
pub(super) struct Crash {
    pub(super) listener: Listener,
    /// The name of the pod.
    pub(super) pod: Name,
    pub(super) why: WriteError,
}

/// The network during one request.
pub(super) struct Net<'a> {
    pub(super) view: View<'a>,
    pub(super) random: &'a mut Random,
    pub(super) memory: &'a mut Memory,
    /// The program that ended over the request.
    pub(super) crashed: Option<Crash>,
}

impl Net<'_> {
    /// The API server's answer: that of a pod it passes the request on to, or its own.
    pub(super) fn through_api_server(&mut self, request: &HttpRequest) -> Exchange {
        let version = self.view.config.version;
        let pretty = is_for_people(request);
        let refuse = |status: &crate::Status| Exchange {
            response: HttpResponse {
                status: status.code,
                content_type: "application/json".to_owned(),
                location: None,
                body: proxy::body(status, pretty, version),
            },
            effect: None,
        };
        let (path, query) = match request.url.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (request.url.as_str(), None),
        };
        let location = match proxy::locate(self.view.store, path, self.random) {
            None => return nothing_here(),
            Some(Err(status)) => return refuse(&status),
            Some(Ok(location)) => location,
        };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        if location.path.is_empty() && matches!(request.method.as_str(), "GET" | "HEAD") {
            return redirect(format!("{path}/{query}"));
        }
        let url = format!("{}{query}", location.path);
        match self.pass_on(
            &location,
            HttpRequest {
                url,
                ..request.clone()
            },
        ) {
            Ok(exchange) => exchange,
            Err(why) => refuse(&proxy::unavailable(format!(
                "error trying to reach service: {why}"
            ))),
        }
    }

    fn pass_on(
        &mut self,
        location: &proxy::Location,
        request: HttpRequest,
    ) -> Result<Exchange, String> {
        let port = match location.port.as_str() {
            "http" => 80,
            "https" => 443,
            port => match port.parse::<u16>() {
                Ok(port) => port,
                Err(_) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                    return Err(format!("dial tcp: address {port}: invalid port"));
                }
                Err(_) => return Err(format!("dial tcp: lookup tcp/{port}: unknown port")),
            },
        };
        self.exchange(None, location.tls, &location.ip, port, &request)
            .map_err(|error| error.to_string())
    }

    /// A request of a program in a pod.
    pub(super) fn request_of_pod(
        &mut self,
        sandbox: &Sandbox,
        request: &HttpRequest,
    ) -> Result<Exchange, HttpError> {
        let Url {
            tls, host, port, ..
        } = http::parse_url(&request.url).ok_or(HttpError::BadUrl)?;
        let host = host.trim_end_matches('.');
        let ip = match host.parse::<std::net::Ipv4Addr>() {
            Ok(_) => host.to_owned(),
            Err(_) => self.address_of(sandbox, host)?,
        };
        let ip = match ip.starts_with("127.") {
            true => sandbox.ip.to_string(),
            false => ip,
        };
        self.exchange(Some(sandbox), tls, &ip, port, request)
    }

    fn resolver<'b>(&'b mut self, sandbox: &'b Sandbox) -> Result<Resolver<'b>, HttpError> {
        if !self.view.reachable(&sandbox.node) {
            return Err(HttpError::DnsTimeout);
        }
        Ok(Resolver {
            store: self.view.store,
            now: self.view.now,
            cache: self.view.config.dns_cache,
            pod_uid: &sandbox.pod.metadata.uid,
            pod: &sandbox.pod.metadata.name,
            random: self.random,
            memory: self.memory,
        })
    }

    fn address_of(&mut self, sandbox: &Sandbox, host: &str) -> Result<String, HttpError> {
        if let Some(ip) = sandbox.known_host(host) {
            return Ok(ip.to_owned());
        }
        let lookup = self.resolver(sandbox)?.look_up(host, RecordType::A);
        let first = lookup.answer.addresses().next().map(str::to_owned);
        first.ok_or_else(|| HttpError::UnknownHost(host.to_owned()))
    }

    fn exchange(
        &mut self,
        from: Option<&Sandbox>,
        tls: bool,
        ip: &str,
        port: u16,
        request: &HttpRequest,
    ) -> Result<Exchange, HttpError> {
        let node = from.map(|sandbox| &sandbox.node);
        let listener = service::connect(&self.view, node, ip, port, self.random);
        let result = match (&listener, tls) {
            (Ok(listener), false) => self.serve(listener, request),
            (Ok(_), true) => Err(HttpError::NotTls),
            (Err(why), _) => Err(HttpError::Connect {
                ip: ip.to_owned(),
                port,
                why: *why,
            }),
        };
        let of = listener.map(|listener| self.view.kubelets.sandbox(&listener.pod_uid));
        let answer = match (&result, of) {
            (Ok(exchange), Ok(Some(of))) => {
                Answered::Status(of.pod.name().into(), exchange.response.status)
            }
            _ => Answered::Nothing,
        };
        let asked = [&request.method, " ", request.path()].concat();
        Rc::make_mut(&mut self.memory.seen).push(Talk {
            asker: from.map(|sandbox| sandbox.pod.name().into()),
            asked: Asked::Path(asked),
            answer,
        });
        result
    }

    /// The program's answer.
    fn serve(&mut self, listener: &Listener, request: &HttpRequest) -> Result<Exchange, HttpError> {
        let kubelets = self.view.kubelets;
        let sandbox = kubelets
            .sandbox(&listener.pod_uid)
            .ok_or(HttpError::Closed)?;
        let files = sandbox.files(&kubelets.disks);
        let reaction = listener.program.react(
            request,
            sandbox.hostname(),
            files.get(listener.program.file()),
        );
        let answer = |response| Exchange {
            response,
            effect: None,
        };
        let mut exchange = match reaction {
            Reaction::Answer(response) => answer(response),
            Reaction::Store(response) => {
                // A file that can't be opened is an error that the program doesn't handle: it
                // ends, and its answer is never sent.
                if let Err(why) = sandbox.writable(DATA_FILE) {
                    self.crashed = Some(Crash {
                        listener: listener.clone(),
                        pod: sandbox.pod.name().into(),
                        why,
                    });
                    return Err(HttpError::Closed);
                }
                Exchange {
                    response,
                    effect: Some(Effect {
                        sandbox: Rc::clone(sandbox),
                        container: listener.container.clone(),
                        file: DATA_FILE.to_owned(),
                        content: request.body.clone(),
                    }),
                }
            }
            Reaction::AskPeers => answer(self.ask_peers(sandbox)),
        };
        if request.method == "HEAD" {
            exchange.response.body.clear();
        }
        Ok(exchange)
    }

    /// The clustered store's answer: it looks for the SRV records of its own domain and asks
    /// whoever is there for its data. §6: those who are not ready are not there, itself included.
    fn ask_peers(&mut self, sandbox: &Sandbox) -> HttpResponse {
        let host = sandbox.hostname();
        // A pod that no Service governs asks for nothing and is told so.
        let domain = sandbox.domain().unwrap_or_default();
        let lookup = match self.resolver(sandbox) {
            Ok(mut resolver) => resolver.look_up(&domain, RecordType::Srv),
            Err(_) => return collected(host, Err(&format!("querySrv ETIMEOUT {domain}"))),
        };
        if !lookup.found() {
            let why = match lookup.answer.code {
                ResponseCode::NoError => "ENODATA",
                ResponseCode::NxDomain => "ENOTFOUND",
                ResponseCode::ServFail => "ESERVFAIL",
            };
            return collected(host, Err(&format!("querySrv {why} {domain}")));
        }
        let mut peers: Vec<String> = srv_targets(&lookup.answer)
            .map(|(target, _)| target.to_owned())
            .collect();
        // They are asked all at once: who answers first is chance.
        for last in (1..peers.len()).rev() {
            peers.swap(last, self.random.below(last as u32 + 1) as usize);
        }
        let told: Vec<(String, String)> = peers
            .into_iter()
            .map(|peer| {
                let data = self.ask_peer(sandbox, &peer);
                (peer, data)
            })
            .collect();
        collected(host, Ok(&told))
    }

    /// A peer's data, or in Node's words why it can't be had. The port is the program's own: that
    /// in the record is the Service's, where nobody may listen.
    fn ask_peer(&mut self, sandbox: &Sandbox, peer: &str) -> String {
        let request = HttpRequest::get(&format!("http://{peer}:{PROGRAM_PORT}/data"));
        match self.request_of_pod(sandbox, &request) {
            Ok(exchange) => exchange.response.body,
            Err(HttpError::Connect { ip, port, why }) => {
                let why = match why {
                    ConnectError::Refused => "ECONNREFUSED",
                    ConnectError::TimedOut => "ETIMEDOUT",
                    ConnectError::NoRoute => "EHOSTUNREACH",
                };
                format!("Error: connect {why} {ip}:{port}")
            }
            Err(HttpError::UnknownHost(host)) => format!("Error: getaddrinfo ENOTFOUND {host}"),
            Err(HttpError::DnsTimeout) => format!("Error: getaddrinfo EAI_AGAIN {peer}"),
            Err(_) => "Error: socket hang up".to_owned(),
        }
    }
}

/// Whether the API server writes JSON on several lines. reference/apiserver-proxy.md §5.
fn is_for_people(request: &HttpRequest) -> bool {
    let query = request.url.split_once('?').map_or("", |(_, query)| query);
    let asked = query
        .split('&')
        .any(|part| matches!(part, "pretty=1" | "pretty=true"));
    let agents = ["curl", "Wget", "Mozilla/5.0"];
    asked
        || agents
            .iter()
            .any(|agent| request.user_agent.starts_with(agent))
}

/// A path that the API server does not have; of those it has, only the proxy's are simulated.
fn nothing_here() -> Exchange {
    let response = HttpResponse {
        status: 404,
        ..HttpResponse::text("404 page not found\n".to_owned())
    };
    Exchange {
        response,
        effect: None,
    }
}

fn redirect(to: String) -> Exchange {
    Exchange {
        response: HttpResponse {
            status: 301,
            content_type: String::new(),
            location: Some(to),
            body: String::new(),
        },
        effect: None,
    }
}
