//! A small static file server for this machine only: what any file host does, with the right media types.

use crate::Result;
use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Component, Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

/// A request line and its headers may not be longer than this, in bytes.
const LONGEST_REQUEST: u64 = 16 * 1024;

/// What is served and how.
#[derive(Clone)]
pub(crate) struct Site {
    /// The folder that is the top of the site.
    pub(crate) folder: PathBuf,
    /// Whether pages reload themselves when the folder is built anew.
    pub(crate) reload: bool,
}

/// Takes the port on 127.0.0.1.
pub(crate) fn bind(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => format!(
            "port {port} is taken by another program; stop it, or choose another port: `cargo xtask serve --port {}`",
            port.checked_add(1).unwrap_or(8080)
        ),
        _ => format!("cannot listen on 127.0.0.1:{port}: {error}"),
    })
}

/// Answers requests for ever, each on its own thread.
pub(crate) fn serve(listener: &TcpListener, site: &Site) -> Result {
    for stream in listener.incoming().flatten() {
        let site = site.clone();
        // A browser that goes away in the middle of an answer is nobody's error.
        thread::spawn(move || answer(&stream, &site).ok());
    }
    Err("the listening socket was closed".into())
}

fn answer(mut stream: &TcpStream, site: &Site) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut lines = BufReader::new(stream.take(LONGEST_REQUEST)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The headers change nothing, but a connection closed before they are read would be reset.
    for header in lines {
        if header?.is_empty() {
            break;
        }
    }
    let response = respond(&request, site);
    let body: &[u8] = if request.starts_with("HEAD ") {
        &[]
    } else {
        &response.body
    };
    stream.write_all(response.head().as_bytes())?;
    stream.write_all(body)
}

struct Response {
    status: &'static str,
    /// The media type, or for a redirect the new address.
    kind: String,
    body: Vec<u8>,
}

impl Response {
    fn new(status: &'static str, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            kind: kind.to_owned(),
            body: body.into(),
        }
    }

    fn not_found() -> Self {
        Self::new("404 Not Found", "text/plain; charset=utf-8", "not found\n")
    }

    fn head(&self) -> String {
        let header = if self.status.starts_with('3') {
            "Location"
        } else {
            "Content-Type"
        };
        format!(
            "HTTP/1.1 {}\r\n{header}: {}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n\
             X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
            self.status,
            self.kind,
            self.body.len()
        )
    }
}

/// The answer to a request line such as `GET /index.html HTTP/1.1`.
fn respond(request: &str, site: &Site) -> Response {
    let mut words = request.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    if !matches!(method, "GET" | "HEAD") {
        return Response::new(
            "405 Method Not Allowed",
            "text/plain; charset=utf-8",
            "GET or HEAD only\n",
        );
    }
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if site.reload
        && let Some(response) = reload::respond(path, site)
    {
        return response;
    }
    match local_path(&site.folder, path) {
        Some(file) if file.is_dir() && !path.ends_with('/') => {
            Response::new("301 Moved Permanently", &format!("{path}/"), "")
        }
        Some(file) if file.is_dir() => send_file(&file.join("index.html"), site),
        Some(file) => send_file(&file, site),
        None => Response::not_found(),
    }
}

fn send_file(file: &Path, site: &Site) -> Response {
    let kind = media_type(file);
    match fs::read(file) {
        Ok(mut body) => {
            if site.reload && kind.starts_with("text/html") {
                body.extend_from_slice(reload::TAG.as_bytes());
            }
            Response::new("200 OK", kind, body)
        }
        Err(_) if site.reload && file == site.folder.join("index.html") => Response::new(
            "200 OK",
            "text/html; charset=utf-8",
            format!("Building…{}", reload::TAG),
        ),
        Err(_) => Response::not_found(),
    }
}

/// The file that a path of a URL names, if it stays inside `folder`.
fn local_path(folder: &Path, path: &str) -> Option<PathBuf> {
    let relative = PathBuf::from(percent_decoded(path.strip_prefix('/')?)?);
    let inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    relative
        .components()
        .all(inside)
        .then(|| folder.join(relative))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => hex_digit(rest.next()?)? << 4 | hex_digit(rest.next()?)?,
            plain => plain,
        };
        decoded.push(byte);
    }
    String::from_utf8(decoded)
        .ok()
        .filter(|text| !text.contains('\0'))
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16)?.try_into().ok()
}

fn media_type(file: &Path) -> &'static str {
    match file
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
    {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "yaml" | "yml" => "application/yaml; charset=utf-8",
        "md" | "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        _ => "application/octet-stream",
    }
}

/// Pages that reload themselves. The script is a file of its own because the page's policy allows no inline scripts.
mod reload {
    use super::{Response, Site, SystemTime, fs};

    pub(super) const TAG: &str = "<script src=\"/.reload/script.js\"></script>";
    const SCRIPT: &str = "\
const version = () => fetch('/.reload/version').then(answer => answer.text()).catch(() => '');
const shown = await version();
setInterval(async () => {
  const now = await version();
  if (now && now !== shown) location.reload();
}, 500);
";

    pub(super) fn respond(path: &str, site: &Site) -> Option<Response> {
        match path {
            "/.reload/script.js" => {
                let script = format!("(async () => {{\n{SCRIPT}}})();\n");
                Some(Response::new(
                    "200 OK",
                    "text/javascript; charset=utf-8",
                    script,
                ))
            }
            "/.reload/version" => Some(Response::new(
                "200 OK",
                "text/plain; charset=utf-8",
                version(site),
            )),
            _ => None,
        }
    }

    /// When the page was built; empty while there is none.
    fn version(site: &Site) -> String {
        fs::metadata(site.folder.join("index.html"))
            .and_then(|page| page.modified())
            .ok()
            .and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok())
            .map_or_else(String::new, |age| age.as_nanos().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leaves_the_folder() {
        let folder = Path::new("/site");
        let check = |path, expected: Option<&str>| {
            assert_eq!(
                local_path(folder, path),
                expected.map(PathBuf::from),
                "{path}"
            );
        };
        check("/", Some("/site/"));
        check("/a/b.js", Some("/site/a/b.js"));
        check("/a%20b.js", Some("/site/a b.js"));
        check("/../etc/passwd", None);
        check("/%2e%2e/etc/passwd", None);
        check("/a/..%2f..%2fetc/passwd", None);
        check("//etc/passwd", None);
        check("/%2Fetc/passwd", None);
        check("/%zz", None);
        check("/%+1", None);
        check("/%", None);
        check("/%00", None);
        check("a", None);
    }

    #[test]
    fn only_reading_is_allowed() {
        let site = Site {
            folder: "/nowhere".into(),
            reload: false,
        };
        assert!(respond("POST / HTTP/1.1", &site).status.starts_with("405"));
        assert!(respond("", &site).status.starts_with("405"));
        assert!(respond("GET / HTTP/1.1", &site).status.starts_with("404"));
    }

    #[test]
    fn wasm_has_the_type_that_browsers_want_for_streaming() {
        assert_eq!(media_type(Path::new("a_bg.wasm")), "application/wasm");
    }
}
