//! Objects as they are named on a command line: `pods`, `sts web`, `po,svc`, `sts/web pod/web-0`
//! (`cli-runtime/pkg/resource/builder.go`).

use cluster::object::{Kind, Object};

use crate::args::Args;
use crate::errors::Problem;
use crate::manifest;
use crate::note::Note;
use crate::selector::{FieldSelector, Selector};
use crate::session::Session;

/// What a command is about: one object, or all of a kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) kind: Kind,
    /// Its name; all of the kind if absent.
    pub(crate) name: Option<String>,
}

/// Kinds of Kubernetes that may be missing in the simulation: plural, short names, kind, group.
const REAL_KINDS: &[(&str, &str, &str, &str)] = &[
    ("configmaps", "cm", "ConfigMap", ""),
    ("cronjobs", "cj", "CronJob", "batch"),
    (
        "customresourcedefinitions",
        "crd,crds",
        "CustomResourceDefinition",
        "apiextensions.k8s.io",
    ),
    ("daemonsets", "ds", "DaemonSet", "apps"),
    ("deployments", "deploy", "Deployment", "apps"),
    ("endpointslices", "", "EndpointSlice", "discovery.k8s.io"),
    (
        "horizontalpodautoscalers",
        "hpa",
        "HorizontalPodAutoscaler",
        "autoscaling",
    ),
    ("ingresses", "ing", "Ingress", "networking.k8s.io"),
    ("jobs", "", "Job", "batch"),
    ("leases", "", "Lease", "coordination.k8s.io"),
    ("limitranges", "limits", "LimitRange", ""),
    ("namespaces", "ns", "Namespace", ""),
    (
        "networkpolicies",
        "netpol",
        "NetworkPolicy",
        "networking.k8s.io",
    ),
    (
        "poddisruptionbudgets",
        "pdb",
        "PodDisruptionBudget",
        "policy",
    ),
    (
        "priorityclasses",
        "pc",
        "PriorityClass",
        "scheduling.k8s.io",
    ),
    ("replicasets", "rs", "ReplicaSet", "apps"),
    ("replicationcontrollers", "rc", "ReplicationController", ""),
    ("resourcequotas", "quota", "ResourceQuota", ""),
    ("roles", "", "Role", "rbac.authorization.k8s.io"),
    (
        "rolebindings",
        "",
        "RoleBinding",
        "rbac.authorization.k8s.io",
    ),
    (
        "clusterroles",
        "",
        "ClusterRole",
        "rbac.authorization.k8s.io",
    ),
    (
        "clusterrolebindings",
        "",
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io",
    ),
    ("secrets", "", "Secret", ""),
    ("serviceaccounts", "sa", "ServiceAccount", ""),
    ("storageclasses", "sc", "StorageClass", "storage.k8s.io"),
    (
        "volumeattachments",
        "",
        "VolumeAttachment",
        "storage.k8s.io",
    ),
];

/// The kinds of `all`, in the order in which kubectl asks for them.
pub(crate) const ALL_CATEGORY: &[&str] = &["Pod", "Service", "ReplicaSet", "StatefulSet"];

/// The plural of a kind that Kubernetes has and the simulation may not.
pub(crate) fn real_plural(kind: &str, group: &str) -> Option<&'static str> {
    let mut real = REAL_KINDS.iter();
    real.find(|real| real.2 == kind && real.3 == group)
        .map(|real| real.0)
}

/// The kind that a word names: plural, singular, short, with or without its group.
///
/// # Errors
/// There is no such type, or it is not simulated.
pub(crate) fn kind_of(word: &str) -> Result<Kind, Problem> {
    let lower = word.to_ascii_lowercase();
    let (resource, group) = lower.split_once('.').unwrap_or((&lower, ""));
    let simulated = Kind::ALL.iter().copied().find(|kind| {
        let info = kind.info();
        let version = kind.api_version().rsplit('/').next().unwrap_or_default();
        let full = match kind.group() {
            "" => format!("{version}."),
            group => format!("{version}.{group}"),
        };
        named(resource, info.plural, info.short, info.name)
            && (group.is_empty() || group == kind.group() || group == full)
    });
    if let Some(kind) = simulated {
        return Ok(kind);
    }
    let real = REAL_KINDS.iter().find(|(plural, short, kind, real_group)| {
        named(resource, plural, short, kind) && (group.is_empty() || group == *real_group)
    });
    if let Some((plural, ..)) = real {
        return Err(Problem::note(Note::KindNotSimulated {
            kind: (*plural).to_owned(),
        }));
    }
    Err(Problem::plain(match group {
        "" => format!("the server doesn't have a resource type \"{resource}\""),
        group => {
            format!("the server doesn't have a resource type \"{resource}\" in group \"{group}\"")
        }
    }))
}

fn named(word: &str, plural: &str, short: &str, kind: &str) -> bool {
    !word.is_empty()
        && (word == plural
            || short.split(',').any(|name| name == word)
            || kind.eq_ignore_ascii_case(word))
}

/// What the words of a command are about, in their order.
///
/// # Errors
/// Unknown types; words that don't go together.
pub(crate) fn targets(words: &[String]) -> Result<Vec<Target>, Problem> {
    if words.iter().any(|word| word.contains('/')) {
        return words.iter().map(|word| pair(word)).collect();
    }
    let Some((types, names)) = words.split_first() else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for word in types.split(',') {
        let kinds = match word {
            "all" => category_all(),
            _ => vec![kind_of(word)?],
        };
        for kind in kinds {
            if names.is_empty() {
                found.push(Target { kind, name: None });
            }
            let each = names.iter().flat_map(|name| name.split(','));
            found.extend(each.map(|name| Target {
                kind,
                name: Some(name.to_owned()),
            }));
        }
    }
    Ok(found)
}

fn category_all() -> Vec<Kind> {
    let kinds = ALL_CATEGORY.iter().filter_map(|name| {
        let mut all = Kind::ALL.iter().copied();
        all.find(|kind| kind.name() == *name)
    });
    kinds.collect()
}

/// `sts/web`
fn pair(word: &str) -> Result<Target, Problem> {
    let parts: Vec<&str> = word.split('/').collect();
    let [kind, name] = parts.as_slice() else {
        return Err(Problem::plain(match parts.len() {
            1 => "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'".to_owned(),
            _ => "arguments in resource/name form may not have more than one slash".to_owned(),
        }));
    };
    if kind.is_empty() || name.is_empty() || kind.contains(',') {
        return Err(Problem::plain(
            "arguments in resource/name form must have a single resource and name",
        ));
    }
    Ok(Target {
        kind: kind_of(kind)?,
        name: Some((*name).to_owned()),
    })
}

/// Whether rows are to be told apart by type (`MultipleTypesRequested`).
pub(crate) fn several_types(words: &[String]) -> bool {
    let Some(first) = words.first() else {
        return false;
    };
    let mut kinds = words
        .iter()
        .filter_map(|word| word.split_once('/').map(|(kind, _)| kind));
    match kinds.next() {
        Some(kind) => kinds.any(|other| other != kind),
        None => first.contains(',') || first == "all",
    }
}

/// Whether objects of this kind can be seen from a namespace.
pub(crate) fn visible(kind: Kind, args: &Args) -> bool {
    !kind.info().namespaced || args.namespace() == "default" || args.switch("all-namespaces")
}

/// The objects that a command which changes them is about: by `-f`, by name, by `-l`, or `--all`.
/// What isn't there is complained of.
///
/// # Errors
/// Words that don't go together; nothing named at all.
pub(crate) fn chosen(
    args: &Args,
    words: &[String],
    session: &mut Session<'_>,
) -> Result<Vec<Object>, Problem> {
    let selector = Selector::parse(args.value("selector").unwrap_or_default())?;
    let fields = FieldSelector::parse(args.value("field-selector").unwrap_or_default())?;
    if args.given("filename") {
        if !words.is_empty() {
            return Err(Problem::plain(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
            ));
        }
        return Ok(from_files(args, session));
    }
    if words.is_empty() {
        return Err(nothing_named());
    }
    let everything = args.switch("all") || !selector.is_empty() || !fields.is_empty();
    let mut objects = Vec::new();
    for target in targets(words)? {
        match &target.name {
            Some(_) if everything => {
                return Err(Problem::plain(
                    "name cannot be provided when a selector is specified",
                ));
            }
            None if !everything => {
                return Err(Problem::plain(
                    "resource(s) were provided, but no name was specified",
                ));
            }
            Some(name) => match look_up(&target, name, args, session) {
                Ok(object) => objects.push(object),
                Err(problem) => session.complain(problem),
            },
            None if visible(target.kind, args) => {
                let all = session.list(target.kind).into_iter();
                objects.extend(
                    all.filter(|o| selector.matches(&o.metadata().labels) && fields.matches(o)),
                );
            }
            None => {}
        }
    }
    Ok(objects)
}

/// The object of this name, if it can be seen.
pub(crate) fn look_up(
    target: &Target,
    name: &str,
    args: &Args,
    session: &Session<'_>,
) -> Result<Object, Problem> {
    if !visible(target.kind, args) {
        let status = cluster::Status::not_found(target.kind, name);
        return Err(Problem::refused(status));
    }
    session.get(target.kind, name).map_err(Problem::refused)
}

fn from_files(args: &Args, session: &mut Session<'_>) -> Vec<Object> {
    let loaded = manifest::load(args, session);
    let mut objects = Vec::new();
    for manifest in loaded {
        match session.get(manifest.kind, &manifest.name) {
            Ok(object) => objects.push(object),
            Err(status) => session.complain(Problem::refused(status)),
        }
    }
    objects
}

/// Neither words nor files.
pub(crate) fn nothing_named() -> Problem {
    Problem::plain(
        "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::tell;

    fn found(line: &str) -> Result<Vec<Target>, String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        targets(&words).map_err(|problem| match tell(std::slice::from_ref(&problem)) {
            text if text.is_empty() => problem.notes[0].to_string(),
            text => text,
        })
    }

    #[test]
    fn names_of_types() {
        let check = |word: &str, kind: Kind| assert_eq!(kind_of(word), Ok(kind), "{word}");
        check("pods", Kind::Pod);
        check("pod", Kind::Pod);
        check("PO", Kind::Pod);
        check("StatefulSet", Kind::StatefulSet);
        check("sts", Kind::StatefulSet);
        check("statefulset.apps", Kind::StatefulSet);
        check("statefulsets.v1.apps", Kind::StatefulSet);
        check("pods.v1.", Kind::Pod);
        check("pvc", Kind::PersistentVolumeClaim);
        check("ep", Kind::Endpoints);
        check("endpoints", Kind::Endpoints);
        check("controllerrevision", Kind::ControllerRevision);
    }

    #[test]
    fn words_name_objects() {
        let check = |line: &str, expected: &[(Kind, Option<&str>)]| {
            let expected = expected.iter().map(|(kind, name)| Target {
                kind: *kind,
                name: name.map(str::to_owned),
            });
            assert_eq!(found(line), Ok(expected.collect()), "{line}");
        };
        check("pods", &[(Kind::Pod, None)]);
        check("pods,svc", &[(Kind::Pod, None), (Kind::Service, None)]);
        check("pod a b", &[(Kind::Pod, Some("a")), (Kind::Pod, Some("b"))]);
        check(
            "sts/web pod/web-0",
            &[(Kind::StatefulSet, Some("web")), (Kind::Pod, Some("web-0"))],
        );
        assert!(found("all").unwrap().len() >= 3);
    }

    #[test]
    fn wrong_words_are_told_in_the_real_words() {
        let check = |line: &str, expected: &str| {
            assert_eq!(found(line), Err(expected.to_owned()), "{line}");
        };
        check(
            "nope",
            "error: the server doesn't have a resource type \"nope\"\n",
        );
        check(
            "pods.apps",
            "error: the server doesn't have a resource type \"pods\" in group \"apps\"\n",
        );
        check(
            "pods,",
            "error: the server doesn't have a resource type \"\"\n",
        );
        check(
            "a/b/c",
            "error: arguments in resource/name form may not have more than one slash\n",
        );
        check(
            "pod/",
            "error: arguments in resource/name form must have a single resource and name\n",
        );
        check(
            "pod sts/web",
            "error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'\n",
        );
        check(
            "deployments",
            "Kubernetes has deployments, but they are not simulated here.",
        );
    }
}
