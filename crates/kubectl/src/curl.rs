//! `curl` and busybox's `wget`: requests to what `kubectl proxy` opens, and from pods.

use cluster::network::Caller;
use cluster::network::http::{ConnectError, HttpError, HttpRequest, HttpResponse};

use crate::note::Note;
use crate::run;
use crate::session::Session;

const USER_AGENT: &str = "curl/8.5.0";

/// Redirections that are followed.
const REDIRECTS_MAX: usize = 50;

#[derive(Default)]
struct Options {
    url: Option<String>,
    method: Option<String>,
    data: Option<String>,
    silent: bool,
    show_error: bool,
    include: bool,
    head: bool,
    verbose: bool,
    fail: bool,
    follow: bool,
    /// Nothing is to be printed of the answer.
    discard: bool,
    write_out: String,
}

/// Flags with a value that changes nothing here.
const VALUE_FLAGS: &[&str] = &[
    "-H",
    "--header",
    "-m",
    "--max-time",
    "--connect-timeout",
    "-A",
    "--user-agent",
    "--retry",
    "-u",
    "--user",
];

pub(crate) fn curl(words: &[String], session: &mut Session<'_>) -> i32 {
    let options = match read(words) {
        Ok(options) => options,
        Err(complaint) => {
            session.err(&format!(
                "curl: {complaint}\ncurl: try 'curl --help' or 'curl --manual' for more information\n"
            ));
            return 2;
        }
    };
    let Some(url) = options.url.clone() else {
        session.err("curl: (2) no URL specified\n");
        return 2;
    };
    let mut request = HttpRequest {
        method: options.method.clone().unwrap_or_else(|| {
            let method = match (&options.data, options.head) {
                (Some(_), _) => "POST",
                (None, true) => "HEAD",
                (None, false) => "GET",
            };
            method.to_owned()
        }),
        url,
        body: options.data.clone().unwrap_or_default(),
        user_agent: USER_AGENT.to_owned(),
    };
    for _ in 0..REDIRECTS_MAX {
        let answer = ask(&request, session);
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                let (code, message) = told(&error, &request.url);
                if !options.silent || options.show_error {
                    session.err(&format!("curl: ({code}) {message}\n"));
                }
                return code;
            }
        };
        print(&options, &request, &response, session);
        match &response.location {
            Some(location) if options.follow => {
                let (scheme, rest) = request
                    .url
                    .split_once("://")
                    .unwrap_or(("http", &request.url));
                let host = rest.split(['/', '?']).next().unwrap_or(rest);
                request.url = format!("{scheme}://{host}{location}");
            }
            _ => {
                if options.fail && response.status >= 400 {
                    let status = response.status;
                    session.err(&format!(
                        "curl: (22) The requested URL returned error: {status}\n"
                    ));
                    return 22;
                }
                return 0;
            }
        }
    }
    session.err("curl: (47) Maximum (50) redirects followed\n");
    47
}

fn read(words: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if !word.starts_with('-') || word.len() == 1 {
            options.url = Some(word.clone());
            continue;
        }
        let mut value = |flag: &str| {
            rest.next()
                .cloned()
                .ok_or_else(|| format!("option {flag}: requires parameter"))
        };
        if VALUE_FLAGS.contains(&word.as_str()) {
            value(word)?;
            continue;
        }
        if let Some(long) = word.strip_prefix("--") {
            match long {
                "request" => options.method = Some(value(word)?),
                "data" | "data-raw" | "data-binary" | "data-ascii" => {
                    options.data = Some(value(word)?);
                }
                "url" => options.url = Some(value(word)?),
                "output" => options.discard = value(word)? == "/dev/null",
                "write-out" => options.write_out = value(word)?,
                "silent" => options.silent = true,
                "show-error" => options.show_error = true,
                "include" => options.include = true,
                "head" => options.head = true,
                "verbose" => options.verbose = true,
                "fail" => options.fail = true,
                "location" => options.follow = true,
                "insecure" | "no-progress-meter" | "ipv4" | "http1.1" => {}
                _ => return Err(format!("option {word}: is unknown")),
            }
            continue;
        }
        let mut letters = word[1..].chars();
        while let Some(letter) = letters.next() {
            let after = letters.as_str();
            let mut value = || match after {
                "" => value(word),
                after => Ok(after.to_owned()),
            };
            match letter {
                'X' => options.method = Some(value()?),
                'd' => options.data = Some(value()?),
                'o' => options.discard = value()? == "/dev/null",
                'w' => options.write_out = value()?,
                's' => options.silent = true,
                'S' => options.show_error = true,
                'i' => options.include = true,
                'I' => options.head = true,
                'v' => options.verbose = true,
                'f' => options.fail = true,
                'L' => options.follow = true,
                'k' | 'g' | '4' | 'N' => {}
                _ => return Err(format!("option {word}: is unknown")),
            }
            if "Xdow".contains(letter) {
                break;
            }
        }
    }
    Ok(options)
}

/// Host and port of an address.
fn host(url: &str) -> (&str, u16) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let standard = if scheme == "https" { 443 } else { 80 };
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().unwrap_or(standard)),
        None => (authority, standard),
    }
}

/// Asks from where the command runs: a pod, or the learner's own machine, from which the addresses
/// of the cluster can't be reached but for what `kubectl proxy` opens.
fn ask(request: &HttpRequest, session: &mut Session<'_>) -> Result<HttpResponse, HttpError> {
    let mut request = request.clone();
    let caller = match &session.inside {
        Some(inside) => Caller::Pod(inside.pod.clone()),
        None => {
            let (host, port) = host(&request.url);
            if !matches!(host, "127.0.0.1" | "localhost") {
                return Err(match host.parse::<std::net::Ipv4Addr>() {
                    _ if host.is_empty() => HttpError::BadUrl,
                    Ok(_) => HttpError::Connect {
                        ip: host.to_owned(),
                        port,
                        why: ConnectError::TimedOut,
                    },
                    Err(_) => HttpError::UnknownHost(host.to_owned()),
                });
            }
            if session.shell.proxy != Some(port) {
                return Err(HttpError::Connect {
                    ip: host.to_owned(),
                    port,
                    why: ConnectError::Refused,
                });
            }
            let rest = request
                .url
                .split_once("://")
                .map_or(request.url.as_str(), |(_, rest)| rest);
            let path = rest.find(['/', '?']).map_or("/", |at| &rest[at..]);
            request.url = path.to_owned();
            Caller::ApiClient
        }
    };
    let outside = caller == Caller::ApiClient;
    if outside
        && request.method == "GET"
        && let Some(value) = run::raw_object(&request.url, session)
    {
        return Ok(HttpResponse {
            status: if value.is_null() { 404 } else { 200 },
            content_type: "application/json".to_owned(),
            location: None,
            body: match value.is_null() {
                true => not_found(&request.url),
                false => format!("{value:#}\n"),
            },
        });
    }
    let mut answer = Err(HttpError::Closed);
    session.act(&mut |cluster| {
        let (result, step) = cluster.http(&caller, &request);
        answer = result;
        step
    });
    answer
}

/// What the API server says of an object that isn't there. reference/apiserver-proxy.md §5.
fn not_found(path: &str) -> String {
    let mut parts = path.trim_end_matches('/').rsplit('/');
    let (name, plural) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let group = path
        .strip_prefix("/apis/")
        .and_then(|rest| rest.split('/').next());
    let (dot, group, of_group) = match group {
        Some(group) => (".", group, format!("\n    \"group\": \"{group}\",")),
        None => ("", "", String::new()),
    };
    format!(
        "{{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {{}},\n  \"status\": \"Failure\",\n  \"message\": \"{plural}{dot}{group} \\\"{name}\\\" not found\",\n  \"reason\": \"NotFound\",\n  \"details\": {{\n    \"name\": \"{name}\",{of_group}\n    \"kind\": \"{plural}\"\n  }},\n  \"code\": 404\n}}\n"
    )
}

/// Exit code and words of a failure.
fn told(error: &HttpError, url: &str) -> (i32, String) {
    let (host, _) = host(url);
    match error {
        HttpError::BadUrl => (3, "URL using bad/illegal format or missing URL".to_owned()),
        HttpError::UnknownHost(host) => (6, format!("Could not resolve host: {host}")),
        HttpError::DnsTimeout => (28, "Resolving timed out after 5000 milliseconds".to_owned()),
        HttpError::Connect { port, why, .. } => {
            let (code, milliseconds) = match why {
                ConnectError::Refused => (7, 0),
                ConnectError::NoRoute => (7, 3070),
                ConnectError::TimedOut => (28, 134_263),
            };
            let message = format!(
                "Failed to connect to {host} port {port} after {milliseconds} ms: Couldn't connect to server"
            );
            (code, message)
        }
        HttpError::NotTls => (
            35,
            "OpenSSL/3.0.13: error:0A00010B:SSL routines::wrong version number".to_owned(),
        ),
        HttpError::Closed | HttpError::NotRunning => (52, "Empty reply from server".to_owned()),
    }
}

fn print(
    options: &Options,
    request: &HttpRequest,
    response: &HttpResponse,
    session: &mut Session<'_>,
) {
    let reason = match response.status {
        200 => "OK",
        301 => "Moved Permanently",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        503 => "Service Unavailable",
        _ => "",
    };
    let mut headers = vec![format!("HTTP/1.1 {} {reason}", response.status)];
    if !response.content_type.is_empty() {
        headers.push(format!("Content-Type: {}", response.content_type));
    }
    if let Some(location) = &response.location {
        headers.push(format!("Location: {location}"));
    }
    headers.push(format!("Content-Length: {}", response.body.len()));
    headers.push(String::new());
    let (host, port) = host(&request.url);
    if options.verbose {
        let rest = request
            .url
            .split_once("://")
            .map_or(request.url.as_str(), |(_, rest)| rest);
        let path = rest.find('/').map_or("/", |at| &rest[at..]);
        let authority = rest.split('/').next().unwrap_or(rest);
        session.err(&format!(
            "*   Trying {host}:{port}...\n* Connected to {host} ({host}) port {port}\n> {} {path} HTTP/1.1\n> Host: {authority}\n> User-Agent: {USER_AGENT}\n> Accept: */*\n",
            request.method
        ));
        if !request.body.is_empty() {
            session.err(&format!(
                "> Content-Length: {}\n> Content-Type: application/x-www-form-urlencoded\n",
                request.body.len()
            ));
        }
        session.err("> \n");
        headers
            .iter()
            .for_each(|header| session.err(&format!("< {header}\n")));
    }
    if options.include || options.head {
        headers
            .iter()
            .for_each(|header| session.out(&format!("{header}\n")));
    }
    let last = !options.follow || response.location.is_none();
    let hidden = options.discard || options.head || !last;
    if !(hidden || options.fail && response.status >= 400) {
        session.out(&response.body);
    }
    if options.verbose {
        session.err(&format!("* Connection #0 to host {host} left intact\n"));
    }
    if !options.write_out.is_empty() && last {
        let text = options
            .write_out
            .replace("%{http_code}", &response.status.to_string())
            .replace("%{response_code}", &response.status.to_string())
            .replace("\\n", "\n");
        session.out(&text);
    }
}

/// busybox's `wget`, as far as `-q`, `-S` and `-O-` go.
pub(crate) fn wget(words: &[String], session: &mut Session<'_>) -> i32 {
    let dash = |word: &String| matches!(word.as_str(), "-" | "/dev/stdout");
    let shown = words.iter().enumerate().any(|(at, word)| {
        let value = word
            .split_once('O')
            .filter(|_| word.starts_with('-') && !word.starts_with("--"));
        value.is_some_and(|(_, rest)| {
            rest == "-" || (rest.is_empty() && words.get(at + 1).is_some_and(dash))
        })
    });
    let url = words
        .iter()
        .rfind(|word| !word.starts_with('-') && !dash(word));
    let Some(url) = url else {
        session.err("wget: missing URL\n");
        return 1;
    };
    if !shown {
        session.output.note(Note::FlagNotSimulated {
            command: "wget".to_owned(),
            flag: "output into a file (use -O-)".to_owned(),
        });
        return 1;
    }
    let (host, _) = host(url);
    match ask(&HttpRequest::get(url), session) {
        Ok(response) if response.status >= 400 => {
            session.err(&format!(
                "wget: server returned error: HTTP/1.1 {}\n",
                response.status
            ));
            1
        }
        Ok(response) => {
            session.out(&response.body);
            0
        }
        Err(HttpError::UnknownHost(host)) => {
            session.err(&format!("wget: bad address '{host}'\n"));
            1
        }
        Err(HttpError::Connect { ip, why, .. }) => {
            let why = match why {
                ConnectError::Refused => "Connection refused",
                ConnectError::TimedOut => "Connection timed out",
                ConnectError::NoRoute => "No route to host",
            };
            session.err(&format!(
                "wget: can't connect to remote host ({ip}): {why}\n"
            ));
            1
        }
        Err(_) => {
            session.err(&format!("wget: bad address '{host}'\n"));
            1
        }
    }
}
