//! The API server as a way to pods and Services: the subresource `proxy`. It goes to a pod
//! itself; virtual IPs have no part in it. reference/apiserver-proxy.md.

use serde_json::json;

use super::{Status, StatusReason};
use crate::Version;
use crate::object::{Endpoints, Kind, Pod, Service};
use crate::random::Random;
use crate::store::Store;

/// Where the API server passes a request on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    /// Whether it speaks TLS.
    pub(crate) tls: bool,
    /// The pod's address.
    pub(crate) ip: String,
    /// The port, as it was given.
    pub(crate) port: String,
    /// The path at the pod; empty if none was given.
    pub(crate) path: String,
}

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target<'a> {
    kind: Kind,
    namespace: &'a str,
    /// As it was typed.
    id: &'a str,
    /// What comes after `proxy`.
    path: &'a str,
}

/// Reads `/api/v1/namespaces/{namespace}/{pods|services}/{id}/proxy[/{path}]`.
fn parse(path: &str) -> Option<Target<'_>> {
    let rest = path.strip_prefix("/api/v1/namespaces/")?;
    let (namespace, rest) = rest.split_once('/')?;
    let (kind, rest) = rest.split_once('/')?;
    let kind = match kind {
        "pods" => Kind::Pod,
        "services" => Kind::Service,
        _ => return None,
    };
    let (id, rest) = rest.split_once('/')?;
    let path = rest.strip_prefix("proxy")?;
    let whole = path.is_empty() || path.starts_with('/');
    (whole && !id.is_empty()).then_some(Target {
        kind,
        namespace,
        id,
        path,
    })
}

/// Finds where a path of the API leads; nothing if it isn't one of the proxy's. §2, §3.
///
/// # Errors
/// What the API server answers by itself.
pub(crate) fn locate(
    store: &Store,
    path: &str,
    random: &mut Random,
) -> Option<Result<Location, Status>> {
    let target = parse(path)?;
    let location = match target.kind {
        Kind::Pod => pod_location(store, &target),
        _ => service_location(store, &target, random),
    };
    Some(location)
}

/// Takes `name`, `name:port` or `scheme:name:port` apart: whether it says TLS, the name, the port.
fn split(id: &str) -> Option<(bool, &str, &str)> {
    let parts: Vec<&str> = id.split(':').collect();
    let (scheme, name, port) = match parts.as_slice() {
        [name] => ("", *name, ""),
        [name, port] => ("", *name, *port),
        [scheme, name, port] => (*scheme, *name, *port),
        _ => return None,
    };
    let known = matches!(scheme, "" | "http" | "https");
    (known && !name.is_empty()).then_some((scheme == "https", name, port))
}

/// §2: a pod is found whether or not it is ready, and a port's name means nothing here.
fn pod_location(store: &Store, target: &Target<'_>) -> Result<Location, Status> {
    let invalid = || Status::bad_request(format!("invalid pod request \"{}\"", target.id));
    let (tls, name, port) = split(target.id).ok_or_else(invalid)?;
    let pod = store
        .get::<Pod>(name)
        .filter(|_| target.namespace == "default");
    let pod = pod.ok_or_else(|| Status::not_found(Kind::Pod, name))?;
    let first = || {
        let mut ports = pod
            .spec
            .containers
            .iter()
            .filter_map(|container| container.ports.first());
        ports.next().map(|port| port.container_port.to_string())
    };
    let port = match port {
        "" => first().unwrap_or_else(|| default_port(tls)),
        port => port.to_owned(),
    };
    let Some(ip) = &pod.status.pod_ip else {
        return Err(Status::bad_request("address not allowed".to_owned()));
    };
    Ok(Location {
        tls,
        ip: ip.clone(),
        port,
        path: target.path.to_owned(),
    })
}

fn default_port(tls: bool) -> String {
    if tls { "443" } else { "80" }.to_owned()
}

/// §3: a port is found by its name among the endpoints; without a name only a port without a name.
fn service_location(
    store: &Store,
    target: &Target<'_>,
    random: &mut Random,
) -> Result<Location, Status> {
    let invalid = || Status::bad_request(format!("invalid service request \"{}\"", target.id));
    let (tls, name, port) = split(target.id).ok_or_else(invalid)?;
    let here = target.namespace == "default";
    let service = store.get::<Service>(name).filter(|_| here);
    let mut port = port.to_owned();
    if let Ok(number) = port.parse::<u16>() {
        let service = service.ok_or_else(|| Status::not_found(Kind::Service, name))?;
        let mut ports = service.spec.ports.iter();
        let found = ports.find(|port| port.port == i32::from(number));
        let missing = || {
            unavailable(format!(
                "no service port {number} found for service \"{name}\""
            ))
        };
        port = found.ok_or_else(missing)?.name.clone().unwrap_or_default();
    }
    // Whatever was missing, it is the request's resource that was not found.
    let endpoints = store.get::<Endpoints>(name).filter(|_| here);
    let endpoints = endpoints.ok_or_else(|| Status::not_found(Kind::Service, name))?;
    let none = |what: &str| unavailable(format!("no endpoints available for service \"{what}\""));
    let subsets = &endpoints.subsets;
    if subsets.is_empty() {
        return Err(none(name));
    }
    let start = random.below(subsets.len() as u32) as usize;
    for subset in (0..subsets.len()).map(|offset| &subsets[(start + offset) % subsets.len()]) {
        let named =
            |p: &&crate::object::service::EndpointPort| p.name.as_deref().unwrap_or("") == port;
        let Some(found) = subset.ports.iter().find(named) else {
            continue;
        };
        let addresses = &subset.addresses;
        if addresses.is_empty() {
            continue;
        }
        let start = random.below(addresses.len() as u32) as usize;
        let mut tries =
            (0..addresses.len()).map(|offset| &addresses[(start + offset) % addresses.len()]);
        let valid = tries.find(|address| {
            let target = address.target_ref.as_ref();
            let pod = target.and_then(|target| store.get::<Pod>(target.name.as_deref()?));
            pod.is_some_and(|pod| pod.status.pod_ip.as_deref() == Some(&address.ip))
        });
        if let Some(address) = valid {
            return Ok(Location {
                tls,
                ip: address.ip.clone(),
                port: found.port.to_string(),
                path: target.path.to_owned(),
            });
        }
    }
    Err(none(target.id))
}

/// 503.
pub(crate) fn unavailable(message: String) -> Status {
    Status {
        code: 503,
        reason: StatusReason::ServiceUnavailable,
        message,
        kind: None,
        name: String::new(),
        causes: Vec::new(),
    }
}

/// The body of a refusal, on one line or, for programs that people use, on several. §5.
pub(crate) fn body(status: &Status, pretty: bool, version: Version) -> String {
    // Earlier releases wrote an empty object on three lines.
    let metadata = match pretty && version < Version::V1_26 {
        true => "{\n    \n  }",
        false => "{}",
    };
    let mut fields = vec![
        ("kind", quoted("Status")),
        ("apiVersion", quoted("v1")),
        ("metadata", metadata.to_owned()),
        ("status", quoted("Failure")),
        ("message", quoted(&status.message)),
        ("reason", quoted(&format!("{:?}", status.reason))),
    ];
    if let Some(kind) = status.kind {
        let mut details = vec![("name", quoted(&status.name))];
        if !kind.group().is_empty() {
            details.push(("group", quoted(kind.group())));
        }
        details.push(("kind", quoted(kind.info().plural)));
        fields.push(("details", object(&details, 1, pretty)));
    }
    fields.push(("code", status.code.to_string()));
    format!("{}\n", object(&fields, 0, pretty))
}

/// A JSON object of these fields, on one line or, at this depth, on several.
fn object(fields: &[(&str, String)], depth: usize, pretty: bool) -> String {
    let (newline, space, indent) = match pretty {
        true => ("\n", " ", "  "),
        false => ("", "", ""),
    };
    let (outer, inner) = (indent.repeat(depth), indent.repeat(depth + 1));
    let lines = fields
        .iter()
        .map(|(name, value)| format!("{inner}\"{name}\":{space}{value}"));
    let lines: Vec<String> = lines.collect();
    let lines = lines.join(&format!(",{newline}"));
    format!("{{{newline}{lines}{newline}{outer}}}")
}

/// A JSON string as Go writes it: safe within HTML.
fn quoted(text: &str) -> String {
    let quoted = json!(text).to_string();
    quoted
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_split_at_colons() {
        let check = |id: &str, expected: Option<(bool, &str, &str)>| {
            assert_eq!(split(id), expected, "{id}");
        };
        check("s", Some((false, "s", "")));
        check("s:", Some((false, "s", "")));
        check("s:http", Some((false, "s", "http")));
        check("http:s:", Some((false, "s", "")));
        check(":s:80", Some((false, "s", "80")));
        check("https:s:443", Some((true, "s", "443")));
        check("https:s", Some((false, "https", "s")));
        check("ftp:s:21", None);
        check("a:b:c:d", None);
        check(":80", None);
    }

    #[test]
    fn paths_of_the_proxy_are_known() {
        let check = |path: &str, expected: Option<(Kind, &str, &str)>| {
            let target = parse(path).map(|target| (target.kind, target.id, target.path));
            assert_eq!(target, expected, "{path}");
        };
        let pods = "/api/v1/namespaces/default/pods";
        check(&format!("{pods}/p/proxy"), Some((Kind::Pod, "p", "")));
        check(
            &format!("{pods}/p:80/proxy/"),
            Some((Kind::Pod, "p:80", "/")),
        );
        check(
            &format!("{pods}/p/proxy/a/b?c=d"),
            Some((Kind::Pod, "p", "/a/b?c=d")),
        );
        check(
            "/api/v1/namespaces/x/services/s/proxy/",
            Some((Kind::Service, "s", "/")),
        );
        check(&format!("{pods}/p/proxyx"), None);
        check(&format!("{pods}/p"), None);
        check("/api/v1/namespaces/default/nodes/n/proxy", None);
        check("", None);
    }

    #[test]
    fn strings_are_safe_within_html() {
        assert_eq!(quoted("a \"<&>\""), r#""a \"\u003c\u0026\u003e\"""#);
    }
}
