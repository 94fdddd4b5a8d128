//! Text in YAML: what is in a manifest.

use cluster::{Cluster, Config};
use kubectl::{Files, Shell};

use crate::dice::{Dice, place};
use crate::{objects_are_sound, play, wait};

/// Creates, changes, shows and deletes what the text says.
///
/// # Panics
/// If something is wrong with the code that is tested.
pub fn run(text: &str) {
    let values = kubectl::yaml::to_values(text);
    assert_eq!(kubectl::yaml::to_values(text), values, "read the same");
    let files = Files::from([("a.yaml".to_owned(), text.to_owned())]);
    let mut cluster = Cluster::new(Config::default());
    checked(text, &cluster);
    play("kubectl create -f a.yaml", &files, &mut cluster);
    wait(&mut cluster, 10);
    objects_are_sound(&mut cluster);
    for line in [
        "kubectl apply -f a.yaml --validate=false",
        "kubectl get -f a.yaml -o yaml",
        "kubectl describe -f a.yaml",
        "kubectl scale --replicas=1 -f a.yaml",
        "kubectl replace -f a.yaml",
    ] {
        play(line, &files, &mut cluster);
    }
    checked(text, &cluster);
    edited(text, &files, &mut cluster);
    wait(&mut cluster, 10);
    objects_are_sound(&mut cluster);
    printed_is_read(&mut cluster);
    play(
        "kubectl delete -f a.yaml --wait=false",
        &files,
        &mut cluster,
    );
    wait(&mut cluster, 10);
}

/// What the editor says of the text stands in it.
fn checked(text: &str, cluster: &Cluster) {
    let lines = text.lines().count() + 1;
    for finding in kubectl::lint(text, cluster) {
        let line = finding.position.line;
        assert!((1..=lines).contains(&line), "{finding:?} in {text:?}");
    }
    kubectl::compare(text, cluster);
}

/// An editor leaves the text in the place of what it was given.
fn edited(text: &str, files: &Files, cluster: &mut Cluster) {
    let outcome = kubectl::run("kubectl edit -f a.yaml", files, cluster);
    if let Some(mut follow) = outcome.follow {
        follow.save(text, &mut Shell::default(), files, cluster);
    }
}

/// What `-o yaml` prints is YAML, and says what `-o json` says.
fn printed_is_read(cluster: &mut Cluster) {
    const KINDS: &str = "all,pvc,pv,sc,ep,endpointslices,controllerrevisions,events";
    let mut printed = |format: &str| -> Option<String> {
        let line = format!("kubectl get {KINDS} -o {format}");
        let outcome = kubectl::run(&line, &Files::new(), cluster);
        let shown = outcome.output.into_iter();
        let mut shown = shown.filter(|chunk| chunk.stream == kubectl::Stream::Stdout);
        shown.next().map(|chunk| chunk.text)
    };
    let (Some(yaml), Some(json)) = (printed("yaml"), printed("json")) else {
        return;
    };
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON is printed");
    let read = kubectl::yaml::to_values(&yaml);
    assert_eq!(read, Ok(vec![json]), "{yaml}");
}

/// Pieces that mean something to a reader of YAML, or to Kubernetes.
const FRAGMENTS: &[&str] = &[
    "\t",
    "\n",
    "\r\n",
    "  ",
    ": ",
    "- ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "&a ",
    "*a",
    "<<: *a",
    "|\n",
    ">-\n",
    "|+2\n",
    "\"",
    "'",
    " # ",
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
    "2147483647",
    "9223372036854775807",
    "9999999999999999999999",
    "0.5",
    "\"\\x41\"",
    "\"\\ud800\"",
    "\0",
    "\u{85}",
    "\u{2028}",
    "名前",
    "💥",
    "%YAML 1.2\n",
    "\nkind: List\nitems:\n",
    "\nkind: Pod\n",
    "\nkind: StatefulSet\n",
    "\nkind: Service\n",
    "\nkind: Node\n",
    "\nkind: ReplicaSet\n",
    "\nkind: PersistentVolumeClaim\n",
    "\nkind: PersistentVolume\n",
    "\nkind: StorageClass\n",
    "\nkind: Event\n",
    "\nkind: EndpointSlice\n",
    "apiVersion: v1\n",
    "apiVersion: apps/v1\n",
    "namespace: other\n",
    "name: web\n",
    "name: node-1\n",
    "generateName: x-\n",
    "replicas: 3\n",
    "replicas: 2147483647\n",
    "finalizers: [a/b]\n",
    "podManagementPolicy: Parallel\n",
    "ordinals: {start: 2147483647}\n",
    "minReadySeconds: 5\n",
    "updateStrategy: {type: OnDelete}\n",
    "revisionHistoryLimit: 0\n",
    "clusterIP: None\n",
    "persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Delete}\n",
    "type: NodePort\n",
    "storage: 1Ei\n",
    "storage: -1\n",
    "restartPolicy: Never\n",
    "terminationGracePeriodSeconds: 0\n",
    "storageClassName: standard\n",
    "nodeName: node-9\n",
    "volumeBindingMode: WaitForFirstConsumer\n",
    "persistentVolumeReclaimPolicy: Recycle\n",
];

/// The text, changed in a few places.
pub fn mutated(text: &str, seed: u32) -> String {
    let mut dice = Dice::new(u64::from(seed));
    let mut text = text.to_owned();
    for _ in 0..=dice.below(3) {
        let at = place(&mut dice, &text);
        match dice.below(6) {
            0 => {
                let cut: usize = text[at..]
                    .chars()
                    .take(dice.below(40))
                    .map(char::len_utf8)
                    .sum();
                text.replace_range(at..at + cut, "");
            }
            1 => change_line(&mut text, &mut dice),
            2 => change_number(&mut text, &mut dice),
            _ => text.insert_str(at, dice.pick(FRAGMENTS)),
        }
    }
    text
}

/// A line is doubled, left out, put elsewhere, or set in or out.
fn change_line(text: &mut String, dice: &mut Dice) {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.is_empty() {
        return;
    }
    let (from, to) = (dice.below(lines.len()), dice.below(lines.len()));
    let line = lines[from];
    let indented = format!("  {line}");
    match dice.below(5) {
        0 => lines.insert(to, line),
        1 => drop(lines.remove(from)),
        2 => lines.swap(from, to),
        3 => lines[from] = line.strip_prefix("  ").unwrap_or(line),
        _ => lines[from] = &indented,
    }
    *text = lines.concat();
}

/// A run of digits becomes another number.
fn change_number(text: &mut String, dice: &mut Dice) {
    const NUMBERS: &[&str] = &[
        "0",
        "1",
        "-1",
        "2147483647",
        "-2147483648",
        "65536",
        "1.5",
        "x",
    ];
    let digits: Vec<usize> = text
        .char_indices()
        .filter(|(_, letter)| letter.is_ascii_digit())
        .map(|(at, _)| at)
        .collect();
    if digits.is_empty() {
        return;
    }
    let at = digits[dice.below(digits.len())];
    text.replace_range(at..=at, dice.pick(NUMBERS));
}
