//! What runs in the containers, as far as it matters from outside.
//!
//! | image | program |
//! |---|---|
//! | `demo-statefulset-node-image` | the chapter's data store: POST stores, GET answers with host name and data |
//! | `demo-statefulset-node-image-v2` | its successor, which finds its peers by SRV and asks them all |
//! | `nginx`, `nginx-slim` | a web server on port 80 that shows one page: `/usr/share/nginx/html/index.html` |
//! | any other, `dnsutils` among them | runs, and listens nowhere: connections to it are refused |

use std::rc::Rc;

use crate::network::http::{HttpRequest, HttpResponse};
use crate::object::Pod;

/// Milliseconds that it takes to empty a volume.
const SCRUB_MS: u64 = 1_000;

/// Where the recycler's pod mounts the volume that it empties.
pub(super) const SCRUB: &str = "/scrub";

/// Where the data stores keep what they were sent.
pub const DATA_FILE: &str = "/var/data/test.txt";

/// The page of the web server.
const PAGE: &str = "/usr/share/nginx/html/index.html";

/// The port that the data stores listen on.
pub(crate) const PORT: u16 = 8080;

/// What the data stores print when they have stored something.
pub(crate) const STORED: &str = "post 请求的数据已存储至挂载卷对应文件中";

/// A program that answers requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Keeps what it is sent in [`DATA_FILE`].
    DataStore,
    /// Keeps it too, and answers with what all its peers keep.
    ClusteredDataStore,
    /// Shows the page at [`PAGE`].
    WebServer,
}

/// What a program does with a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reaction {
    /// It answers.
    Answer(HttpResponse),
    /// It stores the body, and then answers.
    Store(HttpResponse),
    /// It asks its peers, and makes its answer of theirs.
    AskPeers,
}

impl Program {
    /// The program that an image holds; the tag does not matter.
    pub(crate) fn of_image(image: &str) -> Option<Program> {
        let name = image.rsplit('/').next().unwrap_or(image);
        match name.split([':', '@']).next() {
            Some("demo-statefulset-node-image") => Some(Program::DataStore),
            Some("demo-statefulset-node-image-v2") => Some(Program::ClusteredDataStore),
            Some("nginx" | "nginx-slim") => Some(Program::WebServer),
            _ => None,
        }
    }

    /// What it prints when it starts.
    pub(super) fn greeting(self) -> &'static str {
        match self {
            Program::WebServer => {
                "/docker-entrypoint.sh: Configuration complete; ready for start up"
            }
            _ => "server starting",
        }
    }

    /// The port that it listens on.
    pub(super) fn port(self) -> u16 {
        match self {
            Program::WebServer => 80,
            _ => PORT,
        }
    }

    /// The file that it answers with.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Program::WebServer => PAGE,
            _ => DATA_FILE,
        }
    }

    /// What it does with a request, on a host of this name, with this data in its file.
    pub(crate) fn react(
        self,
        request: &HttpRequest,
        host: &str,
        data: Option<&Rc<str>>,
    ) -> Reaction {
        if self == Program::WebServer {
            let found = data.filter(|_| matches!(request.path(), "/" | "/index.html"));
            return Reaction::Answer(match (found, request.path()) {
                (Some(page), _) => HttpResponse::text(page.to_string()),
                (None, "/") => nginx_error(403, "Forbidden"),
                _ => nginx_error(404, "Not Found"),
            });
        }
        if request.method == "POST" {
            let told = format!("post 所传输数据已被存储至 pod {host}\n");
            return Reaction::Store(HttpResponse::text(told));
        }
        let data = data.map_or("还没有任何数据被存储至后台文件系统", |data| &**data);
        match self {
            Program::DataStore | Program::WebServer => {
                let told = format!("访问 pod 为: {host}\n获得数据为: {data}\n");
                Reaction::Answer(HttpResponse::text(told))
            }
            Program::ClusteredDataStore if request.path() == "/data" => {
                Reaction::Answer(HttpResponse::text(data.to_owned()))
            }
            Program::ClusteredDataStore => Reaction::AskPeers,
        }
    }
}

/// A page without a page: no index file, or no such file.
fn nginx_error(status: u16, why: &str) -> HttpResponse {
    HttpResponse {
        status,
        content_type: "text/html".to_owned(),
        ..HttpResponse::text(format!(
            "<html>\r\n<head><title>{status} {why}</title></head>\r\n<body>\r\n<center><h1>{status} {why}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        ))
    }
}

/// The answer of the clustered store: what each peer keeps, in the order in which they answered,
/// or why they could not be found.
pub(crate) fn collected(host: &str, peers: Result<&[(String, String)], &str>) -> HttpResponse {
    let mut told = format!("访问 pod 为: {host}\n集群中存储的数据:\n");
    match peers {
        Ok([]) => told.push_str("没有发现任何伙伴\n"),
        Ok(peers) => {
            for (peer, data) in peers {
                told.push_str(&format!("- {peer}: {data}\n"));
            }
        }
        Err(why) => told.push_str(&format!("无法查询 SRV 记录: {why}\n")),
    }
    HttpResponse::text(told)
}

/// Milliseconds after which the pod's program ends by itself; nothing for one that runs on. Only a
/// pod that is never restarted comes to its end so, and of those only the recycler is simulated.
pub(super) fn ends_after(pod: &Pod) -> Option<u64> {
    let never = pod.spec.restart_policy.as_deref() == Some("Never");
    let scrubs = pod.spec.containers.iter().any(|container| {
        container
            .volume_mounts
            .iter()
            .any(|mount| mount.mount_path == SCRUB)
    });
    (never && scrubs).then_some(SCRUB_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_by_their_names() {
        let check = |image: &str, expected: Option<Program>| {
            assert_eq!(Program::of_image(image), expected, "{image}");
        };
        check("demo-statefulset-node-image", Some(Program::DataStore));
        check(
            "demo-statefulset-node-image:latest",
            Some(Program::DataStore),
        );
        check(
            "registry.local:5000/x/demo-statefulset-node-image:v1",
            Some(Program::DataStore),
        );
        check(
            "demo-statefulset-node-image-v2",
            Some(Program::ClusteredDataStore),
        );
        check("demo-statefulset-node-image-v3", None);
        check("registry.k8s.io/nginx-slim:0.24", Some(Program::WebServer));
        check("dnsutils", None);
        check("", None);
    }
}
