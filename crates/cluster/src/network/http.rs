//! Requests and answers, as far as programs here speak HTTP.

use std::fmt;

/// A request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// For a server in the cluster `http://host[:port]/path`; for the API server the path alone.
    pub url: String,
    /// What is sent along.
    pub body: String,
    /// The program that asks, such as `curl/8.5.0`: the API server writes JSON for people if it
    /// is one that people use.
    pub user_agent: String,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// Such as 200.
    pub status: u16,
    /// Such as `text/plain; charset=utf-8`; empty if not given.
    pub content_type: String,
    /// With a redirection: where to.
    pub location: Option<String>,
    /// The content.
    pub body: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// The address of the request is none.
    BadUrl,
    /// Nothing of a pod of this name runs, so nobody asks.
    NotRunning,
    /// No host has the name.
    UnknownHost(String),
    /// The DNS server can't be reached.
    DnsTimeout,
    /// No connection came about.
    Connect {
        /// The address.
        ip: String,
        /// The port.
        port: u16,
        /// Why not.
        why: ConnectError,
    },
    /// The connection was closed before an answer came.
    Closed,
    /// An answer that is not encrypted came to a question that was.
    NotTls,
}

/// Why no connection comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// Nobody listens there, or a Service has no endpoint.
    Refused,
    /// No word comes back.
    TimedOut,
    /// No pod has the address (any more).
    NoRoute,
}

/// In the words of the Go library, as the API server passes them on.
impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HttpError::BadUrl => f.write_str("http: no Host in request URL"),
            HttpError::NotRunning | HttpError::Closed => f.write_str("EOF"),
            HttpError::UnknownHost(host) => write!(f, "dial tcp: lookup {host}: no such host"),
            HttpError::DnsTimeout => f.write_str("dial tcp: i/o timeout"),
            HttpError::Connect { ip, port, why } => write!(f, "dial tcp {ip}:{port}: {why}"),
            HttpError::NotTls => f.write_str("http: server gave HTTP response to HTTPS client"),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConnectError::Refused => "connect: connection refused",
            ConnectError::TimedOut => "i/o timeout",
            ConnectError::NoRoute => "connect: no route to host",
        })
    }
}

/// The parts of `http://host[:port]/path?query`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url<'a> {
    pub(crate) tls: bool,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    /// With what stands after it; `/` if there is none.
    pub(crate) path: &'a str,
}

impl HttpRequest {
    /// A GET.
    pub fn get(url: &str) -> HttpRequest {
        HttpRequest {
            method: "GET".to_owned(),
            url: url.to_owned(),
            ..HttpRequest::default()
        }
    }

    /// A POST of this body.
    pub fn post(url: &str, body: &str) -> HttpRequest {
        HttpRequest {
            method: "POST".to_owned(),
            url: url.to_owned(),
            body: body.to_owned(),
            ..HttpRequest::default()
        }
    }

    /// Whether it is one that changes nothing.
    pub(crate) fn is_safe(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }

    /// The path of its address, without what stands after a `?`.
    pub(crate) fn path(&self) -> &str {
        let path = match parse_url(&self.url) {
            Some(url) => url.path,
            None => &self.url,
        };
        path.split(['?', '#']).next().unwrap_or(path)
    }
}

impl HttpResponse {
    /// 200 with a text.
    pub(crate) fn text(body: String) -> HttpResponse {
        HttpResponse {
            status: 200,
            content_type: "text/plain; charset=utf-8".to_owned(),
            location: None,
            body,
        }
    }
}

/// The parts of an address; nothing if it is none. As with curl, `http://` may be left out.
pub(crate) fn parse_url(url: &str) -> Option<Url<'_>> {
    let (tls, rest) = match url.split_once("://") {
        Some(("http", rest)) => (false, rest),
        Some(("https", rest)) => (true, rest),
        Some(_) => return None,
        None => (false, url),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, if tls { 443 } else { 80 }),
    };
    if host.is_empty() || host.contains([' ', ':', '@']) {
        return None;
    }
    Some(Url {
        tls,
        host,
        port,
        path: if path.is_empty() { "/" } else { path },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let check = |url: &str, expected: Option<(bool, &str, u16, &str)>| {
            let parts = parse_url(url).map(|u| (u.tls, u.host, u.port, u.path));
            assert_eq!(parts, expected, "{url}");
        };
        check(
            "http://web-0.nginx:8080/data",
            Some((false, "web-0.nginx", 8080, "/data")),
        );
        check("web-0.nginx", Some((false, "web-0.nginx", 80, "/")));
        check(
            "http://10.96.0.87?x=1",
            Some((false, "10.96.0.87", 80, "?x=1")),
        );
        check(
            "https://kubernetes/api",
            Some((true, "kubernetes", 443, "/api")),
        );
        check("ftp://x/", None);
        check("http://:80/", None);
        check("http://x:port/", None);
        check("http://x:99999/", None);
        check("", None);
    }
}
