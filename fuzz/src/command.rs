//! Command lines, as they are typed.

use std::cell::OnceCell;

use cluster::Cluster;
use kubectl::{Files, Shell};

use crate::dice::{Dice, place};
use crate::{MANIFESTS, chapter, objects_are_sound, type_line, wait};

/// Lines of one input that are run; the others are left out.
const LINES_MAX: usize = 12;

thread_local! {
    static START: OnceCell<Cluster> = const { OnceCell::new() };
}

/// Runs the lines against a cluster in which the chapter's set is ready, completes each as if Tab
/// were pressed at its end, and lets time pass.
///
/// # Panics
/// If something is wrong with the code that is tested.
pub fn run(text: &str) {
    let mut cluster = START.with(|start| start.get_or_init(chapter).clone());
    let files = Files::from([
        ("volume.yaml".to_owned(), MANIFESTS[0].to_owned()),
        ("service.yaml".to_owned(), MANIFESTS[1].to_owned()),
        ("set.yaml".to_owned(), MANIFESTS[2].to_owned()),
        ("bad.yaml".to_owned(), "kind: [".to_owned()),
        ("-".to_owned(), MANIFESTS[2].to_owned()),
    ]);
    let mut shell = Shell::default();
    for line in text.lines().take(LINES_MAX) {
        kubectl::complete(line, &shell, &files, &cluster);
        type_line(&mut shell, line, &files, &mut cluster);
        wait(&mut cluster, 1);
    }
    objects_are_sound(&mut cluster);
    wait(&mut cluster, 15);
    objects_are_sound(&mut cluster);
}

/// Words that mean something somewhere in a line.
const WORDS: &[&str] = &[
    "kubectl",
    "get",
    "create",
    "apply",
    "delete",
    "scale",
    "patch",
    "label",
    "annotate",
    "set",
    "image",
    "rollout",
    "status",
    "history",
    "undo",
    "restart",
    "pause",
    "wait",
    "replace",
    "taint",
    "cordon",
    "uncordon",
    "drain",
    "describe",
    "logs",
    "exec",
    "expose",
    "explain",
    "run",
    "edit",
    "help",
    "api-resources",
    "diff",
    "version",
    "api-versions",
    "cluster-info",
    "config",
    "auth can-i",
    "ns",
    "top",
    "env",
    "resources",
    "A=b",
    "A-",
    "--limits=cpu=1",
    "--list",
    "--since=5s",
    "--subresource=scale",
    "-o=go-template='{{range .items}}{{.metadata.name}}{{end}}'",
    "--template",
    "'{{index .items 0}}'",
    "'{{with $x := .a}}{{else}}'",
    "'{{printf \"%5v\" (len .items)}}'",
    "attach",
    "debug",
    "port-forward",
    "cp",
    "; done | sort",
    "sts.spec.template",
    "--recursive",
    "for i in $(ls) {1..9}; do",
    "; done",
    "$i",
    "cat <<E\nx $i\nE\n",
    "<<",
    "<<<",
    ">> list",
    "> set.yaml",
    "&& rm",
    "; cp set.yaml",
    "watch -n 1",
    "; watch",
    "| grep -nA1",
    "| sort -k 2",
    "man",
    "pods",
    "sts",
    "sts/demo-statefulset",
    "svc",
    "pv,pvc",
    "all",
    "events",
    "nodes",
    "node-1",
    "node/node-1",
    "demo-statefulset",
    "demo-statefulset-0",
    "-f",
    "set.yaml",
    "volume.yaml",
    "bad.yaml",
    "-",
    ".",
    "*.yaml",
    "-o",
    "yaml",
    "json",
    "wide",
    "name",
    "-o=jsonpath={.items[*].metadata.name}",
    "jsonpath={",
    "jsonpath={range .items[*]}",
    "custom-columns=A:.a,B:{.b",
    "--sort-by=.metadata.name",
    "-w",
    "--watch-only",
    "-l",
    "app=demo-statefulset-pod-label",
    "'a in (b)'",
    "--all",
    "--force",
    "--grace-period=0",
    "--now",
    "--cascade=orphan",
    "--cascade=foreground",
    "--replicas=3",
    "--replicas=-1",
    "--replicas=2147483647",
    "--current-replicas=2",
    "--timeout=1s",
    "--timeout=x",
    "-p",
    "'{\"spec\":{\"replicas\":2}}'",
    "'{\"spec\":{\"ordinals\":{\"start\":3}}}'",
    "[]",
    "null",
    "--type=json",
    "'[{\"op\":\"remove\",\"path\":\"/spec/replicas\"}]'",
    "--type=merge",
    "--for=delete",
    "--for=condition=Ready",
    "--for=jsonpath={.a}=1",
    "a=b",
    "a-",
    "=",
    "--",
    "--dry-run=server",
    "--dry-run=client",
    "--validate=false",
    "--show-labels",
    "-A",
    "-n",
    "kube-system",
    "--field-selector",
    "metadata.name=x",
    "--previous",
    "-c",
    "pod/",
    "data-demo-statefulset-0",
    "pv-a",
    "curl",
    "nslookup",
    "-it",
    "x=y:NoSchedule",
    "x=y:NoExecute",
    "x-",
    "--ignore-daemonsets",
    "--delete-emptydir-data",
    "--to-revision=1",
    "--port=80",
    "--target-port=x",
    "--name=x",
    "--overwrite",
    "-h",
    "'",
    "\"",
    "\\",
    "#",
    "$(x)",
    "|",
    "“web”",
    "名",
    "💥",
    "//",
    "a/b/c",
    "%",
    "{",
    "}",
    ",",
];

/// The lines, changed in a few places.
pub fn mutated(text: &str, seed: u32) -> String {
    let mut dice = Dice::new(u64::from(seed));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=dice.below(3) {
        let at = dice.below(lines.len() + 1);
        if at == lines.len() {
            let words: Vec<&str> = (0..dice.below(5)).map(|_| dice.pick(WORDS)).collect();
            lines.push(format!("kubectl {}", words.join(" ")));
            continue;
        }
        let line = &mut lines[at];
        let mut words: Vec<&str> = line.split(' ').collect();
        let word = dice.below(words.len());
        match dice.below(6) {
            0 => drop(words.remove(word)),
            1 => words[word] = dice.pick(WORDS),
            2 => {
                let place = place(&mut dice, line);
                line.insert_str(place, dice.pick(WORDS));
                continue;
            }
            _ => words.insert(word, dice.pick(WORDS)),
        }
        *line = words.join(" ");
    }
    lines.join("\n")
}
