//! Whatever is typed, and whatever a file holds, a command ends: no panic, no endless work. Lines
//! and files are made from real ones by a generator that always makes the same ones.

use cluster::{Cluster, Config};
use kubectl::{Files, Shell};

/// xorshift64*: enough to choose with.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        number as usize % limit.max(1)
    }

    fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

const WORDS: &[&str] = &[
    "exec",
    "logs",
    "run",
    "proxy",
    "events",
    "--",
    "-it",
    "--rm",
    "--image=x",
    "sh -c 'hostname | grep x'",
    "curl",
    "127.0.0.1:8001/api/v1/pods",
    "dig SRV",
    "nslookup",
    "host",
    "hostname",
    "env",
    "ls",
    "cat /etc/hosts",
    "|",
    "grep",
    "[a-",
    "head -n",
    "tail",
    "sort -k",
    "wc",
    "&&",
    "||",
    ";",
    "&",
    ">",
    "2>&1",
    "<",
    "for i in 0 {1..3}; do",
    "; done",
    "$i",
    "$(",
    ")",
    "X=1",
    "\"$X",
    "sleep 1",
    "kubectl",
    "k",
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
    "wait",
    "replace",
    "taint",
    "cordon",
    "uncordon",
    "help",
    "api-resources",
    "pods",
    "pod",
    "sts",
    "sts/web",
    "svc",
    "pv,pvc",
    "all",
    "events",
    "nodes",
    "node-1",
    "node/node-1",
    "web",
    "web-0",
    "-f",
    "a.yaml",
    "b.yaml",
    "-",
    ".",
    "*.yaml",
    "-o",
    "yaml",
    "json",
    "wide",
    "name",
    "jsonpath={.items[*].metadata.name}",
    "jsonpath={",
    "custom-columns=A:.a,B:{.b",
    "-w",
    "--watch-only",
    "-l",
    "app=web",
    "a in (b",
    "--all",
    "--force",
    "--grace-period=0",
    "--grace-period",
    "--now",
    "--cascade=orphan",
    "--replicas=3",
    "--replicas=-1",
    "--replicas",
    "99999999999",
    "--timeout=1s",
    "--timeout=x",
    "-p",
    "{\"spec\":{\"replicas\":2}}",
    "{\"spec\":{\"replicas\":\"x\"}}",
    "[]",
    "null",
    "{",
    "--type=json",
    "[{\"op\":\"add\",\"path\":\"/a/b/-\",\"value\":1}]",
    "--type=merge",
    "--for=delete",
    "--for=condition=Ready",
    "--for=jsonpath={.a}=1",
    "a=b",
    "a-",
    "=",
    "-",
    "--",
    "---",
    "--=",
    "-=",
    "*=image:2",
    "x=y:NoSchedule",
    "x:NoSchedule-",
    "-n",
    "kube-system",
    "-A",
    "--dry-run",
    "--dry-run=server",
    "--dry-run=client",
    "--validate=false",
    "--show-labels",
    "--sort-by=.a",
    "--field-selector",
    "metadata.name=web-0",
    "a",
    "//",
    "/",
    "pod/",
    "/x",
    "a/b/c",
    ",",
    "''",
    "\"",
    "'",
    "\\",
    "#",
    "$(x)",
    "|",
    "“web”",
    "名",
    "-owide",
    "-h",
    "--help",
    "--to-revision=1",
    "--to-revision=-1",
    "--record",
    "--overwrite",
    "-L",
    "x/y/",
    "--output-watch-events",
];

const YAML: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: web
spec:
  serviceName: web
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: &labels {app: web}
    spec:
      containers:
      - name: main
        image: \"image\"
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 1Mi}}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: web
    labels: {app: web}
  spec:
    clusterIP: None
    selector: {app: web}
    ports: [{port: 80, name: http}]
- apiVersion: v1
  kind: PersistentVolume
  metadata: {name: pv-a, annotations: {text: |
      several
      lines}}
  spec:
    capacity: {storage: 1Mi}
    accessModes: [ReadWriteOnce]
    hostPath: {path: /tmp/a}
";

const FRAGMENTS: &[&str] = &[
    "\t",
    "\n",
    "\r\n",
    " ",
    "  ",
    ":",
    ": ",
    "- ",
    "-",
    "?",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a",
    "*labels",
    "<<: *labels",
    "|",
    ">",
    "|+2\n",
    "\"",
    "'",
    "#",
    " #",
    "%",
    "@",
    "`",
    "!!int ",
    "!!str ",
    "!x ",
    "---\n",
    "...\n",
    "\u{feff}",
    "：",
    "，",
    "“",
    "null",
    "~",
    "true",
    "on",
    "0x1f",
    "1e999",
    ".inf",
    ".nan",
    "-1",
    "9999999999999999999999",
    "\\",
    "\"\\x\"",
    "\"\\ud800\"",
    "\0",
    "\u{85}",
    "\u{2028}",
    "名前",
    "💥",
    "%YAML 9.9\n",
    "%TAG ! x\n",
    "metadata:",
    "items: 3\n",
    "kind: List\n",
    "kind: Pod\n",
    "kind: 3\n",
    "apiVersion: v1\n",
    "namespace: other\n",
];

fn mutated(dice: &mut Dice) -> String {
    let mut letters: Vec<char> = YAML.chars().collect();
    for _ in 0..=dice.below(4) {
        let at = dice.below(letters.len());
        match dice.below(5) {
            0 => {
                letters.remove(at);
            }
            1 => letters.truncate(at.max(1)),
            2 => {
                let end = (at + dice.below(40)).min(letters.len());
                let copy: Vec<char> = letters[at..end].to_vec();
                letters.splice(at..at, copy);
            }
            _ => {
                letters.splice(at..at, dice.pick(FRAGMENTS).chars());
            }
        }
    }
    letters.into_iter().collect()
}

/// Runs a line and lets a command that goes on see a few steps.
fn play(line: &str, files: &Files, cluster: &mut Cluster) {
    let outcome = kubectl::run(line, files, cluster);
    assert_eq!(
        outcome.exit_code.is_none(),
        outcome.follow.is_some(),
        "{line}"
    );
    let Some(mut follow) = outcome.follow else {
        return;
    };
    for _ in 0..5 {
        let Some(step) = cluster.step() else {
            return;
        };
        if follow.step(&step, cluster).exit_code.is_some() {
            return;
        }
        if follow.is_due()
            && follow
                .resume(&mut Shell::default(), files, cluster)
                .exit_code
                .is_some()
        {
            return;
        }
    }
}

#[test]
fn no_line_is_too_strange() {
    let mut dice = Dice(0x5eed);
    let mut files = Files::new();
    files.insert("a.yaml".to_owned(), YAML.to_owned());
    files.insert("b.yaml".to_owned(), "kind: [".to_owned());
    files.insert("-".to_owned(), YAML.to_owned());
    let mut cluster = Cluster::new(Config::default());
    for round in 0..9_000 {
        if round % 500 == 0 {
            cluster = Cluster::new(Config::default());
        }
        let mut words = vec![if dice.below(12) == 0 {
            dice.pick(WORDS)
        } else {
            "kubectl"
        }];
        for _ in 0..dice.below(7) {
            words.push(dice.pick(WORDS));
        }
        play(&words.join(" "), &files, &mut cluster);
    }
}

#[test]
fn no_file_is_too_strange() {
    let mut dice = Dice(0xf11e);
    let mut cluster = Cluster::new(Config::default());
    for round in 0..4_000 {
        if round % 100 == 0 {
            cluster = Cluster::new(Config::default());
        }
        let text = mutated(&mut dice);
        let again = kubectl::yaml::to_values(&text);
        assert_eq!(
            kubectl::yaml::to_values(&text),
            again,
            "read twice, read the same"
        );
        let files = Files::from([("a.yaml".to_owned(), text)]);
        let verb = dice.pick(&[
            "create",
            "apply",
            "replace",
            "delete",
            "scale --replicas=1",
            "get",
        ]);
        play(&format!("kubectl {verb} -f a.yaml"), &files, &mut cluster);
    }
}

#[test]
fn a_line_of_noise_is_answered() {
    let mut dice = Dice(0xabcd);
    let mut cluster = Cluster::new(Config::default());
    for _ in 0..3_000 {
        let length = dice.below(60);
        let noise: String = (0..length)
            .map(|_| match dice.below(6) {
                0 => char::from_u32(dice.below(0x2_0000) as u32).unwrap_or('x'),
                _ => char::from(32 + dice.below(95) as u8),
            })
            .collect();
        play(&noise, &Files::new(), &mut cluster);
        play(&format!("kubectl get {noise}"), &Files::new(), &mut cluster);
        play(
            &format!("kubectl get pods -o 'jsonpath={}'", noise.replace('\'', "")),
            &Files::new(),
            &mut cluster,
        );
    }
}

#[test]
fn numbers_may_be_huge() {
    let mut files = Files::new();
    files.insert("a.yaml".to_owned(), YAML.to_owned());
    for lines in [
        ["kubectl scale sts web --replicas=20000", "kubectl get pods"],
        [
            "kubectl patch sts web -p '{\"spec\":{\"ordinals\":{\"start\":2147483647}}}'",
            "kubectl get sts",
        ],
        [
            "kubectl delete sts web --grace-period=2147483647",
            "kubectl describe sts web",
        ],
        [
            "kubectl delete sts web --timeout=2562047h",
            "kubectl rollout status sts/web",
        ],
    ] {
        let mut cluster = Cluster::new(Config::default());
        play("kubectl create -f a.yaml", &files, &mut cluster);
        for line in lines {
            play(line, &files, &mut cluster);
        }
        for _ in 0..50 {
            cluster.step();
        }
    }
}
