//! What there is to talk to: `kubectl version`, `api-resources`, `api-versions`, `cluster-info`,
//! `config`, `auth can-i`, and the namespaces, which are always the same four.

use cluster::Time;
use cluster::object::{Kind, Labels};
use serde_json::{Value, json};

use crate::age;
use crate::args::Args;
use crate::emit;
use crate::errors::Problem;
use crate::get::{self, Format};
use crate::note::Note;
use crate::order::sorted_by_key;
use crate::resource;
use crate::selector::Selector;
use crate::session::{Done, Session};
use crate::table::Widths;

/// Context, cluster and user, in the words of the chapter's cluster.
const CONTEXT: &str = "minikube";

/// Where the API server listens.
const SERVER: &str = "https://192.168.49.2:8443";

/// The version of kustomize that kubectl v1.36 holds.
const KUSTOMIZE: &str = "v5.8.1";

const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// What may be done with objects of every kind.
const VERBS: &str = "create,delete,deletecollection,get,list,patch,update,watch";

/// Words after a command that takes none.
fn none(args: &Args) -> Result<(), Problem> {
    match args.words.is_empty() {
        true => Ok(()),
        false => {
            let words = args.words.join(" ");
            Err(args.usage_error(&format!("unexpected arguments: [{words}]")))
        }
    }
}

fn rows(names: &[&str], headers: bool) -> Vec<Vec<String>> {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    headers.then_some(names).into_iter().collect()
}

pub(crate) fn version(args: &Args, session: &mut Session<'_>) -> Done {
    if !args.words.is_empty() {
        let words = args.words.join(" ");
        return Err(Problem::plain(format!("extra arguments: [{words}]")));
    }
    let version = session.cluster().config().version.to_string();
    let client = args.switch("client");
    let minor = version.split('.').nth(1).unwrap_or_default();
    let info = format!(
        "{{\n    \"major\": \"1\",\n    \"minor\": \"{minor}\",\n    \"gitVersion\": \"{version}\",\n    \"gitTreeState\": \"clean\",\n    \"compiler\": \"gc\",\n    \"platform\": \"linux/amd64\"\n  }}"
    );
    let server = match client {
        true => String::new(),
        false => [",\n  \"serverVersion\": ", &info].concat(),
    };
    let all = format!(
        "{{\n  \"clientVersion\": {info},\n  \"kustomizeVersion\": \"{KUSTOMIZE}\"{server}\n}}\n"
    );
    match args.value("output") {
        None | Some("") => {
            session.out(&format!(
                "Client Version: {version}\nKustomize Version: {KUSTOMIZE}\n"
            ));
            if !client {
                session.out(&format!("Server Version: {version}\n"));
            }
        }
        Some("yaml") => {
            let all: Value = serde_json::from_str(&all).unwrap_or_default();
            session.out(&(emit::to_yaml(&all) + "\n"));
        }
        Some("json") => session.out(&all),
        Some(_) => return Err(Problem::plain("--output must be 'yaml' or 'json'")),
    }
    Ok(None)
}

pub(crate) fn api_resources(args: &Args, session: &mut Session<'_>) -> Done {
    none(args)?;
    let group = args.value("api-group");
    let namespaced = args.value("namespaced").map(|_| args.switch("namespaced"));
    let output = args.value("output").unwrap_or_default();
    if !matches!(output, "" | "wide" | "name") {
        return Err(Problem::plain(format!(
            "--output {output} is not available"
        )));
    }
    let by = args.value("sort-by").unwrap_or_default();
    if !matches!(by, "" | "name" | "kind") {
        return Err(Problem::plain("--sort-by accepts only name or kind"));
    }
    let kinds = Kind::ALL
        .iter()
        .copied()
        .filter(|kind| group.is_none_or(|group| kind.group() == group))
        .filter(|kind| namespaced.is_none_or(|wanted| kind.info().namespaced == wanted));
    let all = [
        "NAME",
        "SHORTNAMES",
        "APIVERSION",
        "NAMESPACED",
        "KIND",
        "VERBS",
        "CATEGORIES",
    ];
    let columns = if output == "wide" { 7 } else { 5 };
    // Each row after what it is ordered by.
    let mut found: Vec<([&str; 2], Vec<String>)> = Vec::new();
    let mut add = |group: &'static str, cells: [&'static str; 5], category: &str| {
        let key = match by {
            "name" => ["", cells[0]],
            "kind" => ["", cells[4]],
            _ => [group, cells[0]],
        };
        let mut row = cells.map(str::to_owned).to_vec();
        match output {
            "name" => {
                let dot = if group.is_empty() { "" } else { "." };
                row = vec![[cells[0], dot, group].concat()];
            }
            "wide" => row.extend([VERBS.to_owned(), category.to_owned()]),
            _ => {}
        }
        found.push((key, row));
    };
    for kind in kinds {
        let info = kind.info();
        let is_namespaced = if info.namespaced { "true" } else { "false" };
        let category = match resource::ALL_CATEGORY.contains(&info.name) {
            true => "all",
            false => "",
        };
        let cells = [
            info.plural,
            info.short,
            info.api_version,
            is_namespaced,
            info.name,
        ];
        add(kind.group(), cells, category);
    }
    // Events are served a second time, in a group of their own.
    let again = "events.k8s.io";
    if group.is_none_or(|group| group == again) && namespaced != Some(false) {
        add(
            again,
            ["events", "ev", "events.k8s.io/v1", "true", "Event"],
            "",
        );
    }
    if group.is_none_or(str::is_empty) && namespaced != Some(true) {
        add("", ["namespaces", "ns", "v1", "false", "Namespace"], "");
    }
    let headers = !args.switch("no-headers") && output != "name";
    let mut rows = rows(&all[..columns], headers);
    rows.extend(
        sorted_by_key(found, |(key, _)| *key)
            .into_iter()
            .map(|(_, row)| row),
    );
    session.out(&Widths::default().print(&rows));
    Ok(None)
}

pub(crate) fn api_versions(args: &Args, session: &mut Session<'_>) -> Done {
    none(args)?;
    let mut versions: Vec<&str> = Kind::ALL.iter().map(|kind| kind.api_version()).collect();
    versions.push("events.k8s.io/v1");
    versions.sort_unstable();
    versions.dedup();
    session.out(&(versions.join("\n") + "\n"));
    Ok(None)
}

pub(crate) fn cluster_info(args: &Args, session: &mut Session<'_>) -> Done {
    if args.words.first().is_some_and(|word| word == "dump") {
        let command = "kubectl cluster-info dump".to_owned();
        return Err(Problem::note(Note::CommandNotSimulated { command }));
    }
    none(args)?;
    session.out(&format!(
        "Kubernetes control plane is running at {SERVER}\nCoreDNS is running at {SERVER}/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n"
    ));
    Ok(None)
}

pub(crate) fn current_context(_: &Args, session: &mut Session<'_>) -> Done {
    session.out(&format!("{CONTEXT}\n"));
    Ok(None)
}

pub(crate) fn contexts(args: &Args, session: &mut Session<'_>) -> Done {
    if let Some(unknown) = args.words.iter().find(|word| *word != CONTEXT) {
        return Err(Problem::plain(format!("context {unknown} not found")));
    }
    match args.value("output") {
        None | Some("") => {
            let names = ["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"];
            let mut rows = rows(&names, !args.switch("no-headers"));
            let cells = ["*", CONTEXT, CONTEXT, CONTEXT, "default"];
            rows.push(cells.map(str::to_owned).to_vec());
            session.out(&Widths::default().print(&rows));
        }
        Some("name") => session.out(&format!("{CONTEXT}\n")),
        Some(_) => {
            return Err(Problem::plain("output must be one of '' or 'name'"));
        }
    }
    Ok(None)
}

pub(crate) fn config_view(args: &Args, session: &mut Session<'_>) -> Done {
    none(args)?;
    let config = json!({
        "apiVersion": "v1",
        "clusters": [{
            "cluster": {"certificate-authority": "/home/user/.minikube/ca.crt", "server": SERVER},
            "name": CONTEXT,
        }],
        "contexts": [{
            "context": {"cluster": CONTEXT, "namespace": "default", "user": CONTEXT},
            "name": CONTEXT,
        }],
        "current-context": CONTEXT,
        "kind": "Config",
        "users": [{
            "name": CONTEXT,
            "user": {
                "client-certificate": "/home/user/.minikube/profiles/minikube/client.crt",
                "client-key": "/home/user/.minikube/profiles/minikube/client.key",
            },
        }],
    });
    let format = get::format(args.value("output").unwrap_or("yaml"))?;
    session.out(&get::print(&format, config));
    Ok(None)
}

/// As in any cluster without the metrics server, which doesn't come with Kubernetes.
pub(crate) fn top(args: &Args, _session: &mut Session<'_>) -> Done {
    if args.words.len() > 1 {
        return Err(args.usage_error(args.verb.usage));
    }
    Err(Problem::plain("Metrics API not available"))
}

/// Nobody is forbidden anything here.
pub(crate) fn can_i(args: &Args, session: &mut Session<'_>) -> Done {
    let (verb, what) = match args.words.as_slice() {
        [verb, what] => (verb, what),
        _ => {
            return Err(Problem::plain(
                "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
            ));
        }
    };
    let plural = what.split('/').next().unwrap_or_default();
    if !VERBS.split(',').chain(["*"]).any(|known| known == verb) {
        session.err(&format!("Warning: verb '{verb}' is not a known verb\n\n"));
    }
    match resource::kind_of(plural) {
        _ if what.starts_with('/') || plural == "*" => {}
        Ok(kind) if !kind.info().namespaced && !args.switch("all-namespaces") => {
            let plural = kind.info().plural;
            let group = match kind.group() {
                "" => String::new(),
                group => format!(" in group '{group}'"),
            };
            session.err(&format!(
                "Warning: resource '{plural}' is not namespace scoped{group}\n\n"
            ));
        }
        Err(problem) if problem.notes.is_empty() => session.err(&format!(
            "Warning: the server doesn't have a resource type '{plural}'\n\n"
        )),
        _ => {}
    }
    if !args.switch("quiet") {
        session.out("yes\n");
    }
    Ok(None)
}

/// Whether a word means the namespaces.
pub(crate) fn is_namespaces(word: &str) -> bool {
    ["ns", "namespace", "namespaces"].contains(&word.to_ascii_lowercase().as_str())
}

/// `get namespaces`: they are there from the beginning, and nobody changes them.
pub(crate) fn namespaces(
    args: &Args,
    format: &Format,
    selector: &Selector,
    session: &mut Session<'_>,
) -> Done {
    let labels = |name: &str| Labels::from([("kubernetes.io/metadata.name".into(), name.into())]);
    let names = &args.words[1..];
    for name in names {
        if !NAMESPACES.contains(&name.as_str()) {
            session.complain(Problem::from_server(format!(
                " (NotFound): namespaces \"{name}\" not found"
            )));
        }
    }
    let known = NAMESPACES.iter().filter(|name| {
        (names.is_empty() || names.iter().any(|asked| asked == *name))
            && selector.matches(&labels(name))
    });
    let known: Vec<&str> = known.copied().collect();
    let object = |name: &&str| {
        json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "creationTimestamp": Time(0).to_string(),
                "labels": {"kubernetes.io/metadata.name": name},
                "name": name,
                "resourceVersion": "1",
            },
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        })
    };
    match format {
        Format::Table if known.is_empty() => session.err("No resources found\n"),
        Format::Table => {
            let age = age::since(Some(Time(0)), session.now());
            let mut rows = rows(&["NAME", "STATUS", "AGE"], !args.switch("no-headers"));
            rows.extend(
                known
                    .iter()
                    .map(|name| [name, "Active", &age].map(str::to_owned).to_vec()),
            );
            session.out(&Widths::default().print(&rows));
        }
        Format::Name => known
            .iter()
            .for_each(|name| session.out(&format!("namespace/{name}\n"))),
        Format::Custom(_) => {
            return Err(Problem::note(Note::FlagNotSimulated {
                command: "kubectl get namespaces".to_owned(),
                flag: "-o custom-columns".to_owned(),
            }));
        }
        format => {
            let whole = match (names, known.as_slice()) {
                ([_], [only]) => object(only),
                ([_], _) => Value::Null,
                _ => json!({
                    "apiVersion": "v1",
                    "items": known.iter().map(object).collect::<Vec<_>>(),
                    "kind": "List",
                    "metadata": {"resourceVersion": ""},
                }),
            };
            if !whole.is_null() {
                session.out(&get::print(format, whole));
            }
        }
    }
    Ok(None)
}
