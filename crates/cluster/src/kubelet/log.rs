//! What programs print, as `kubectl logs` shows it.

use crate::map::Map;
use std::rc::Rc;

use super::Program;
use crate::object::Name;
use crate::time::Time;

/// Lines that are kept of one run of a container; the oldest go first.
const CAPACITY: usize = 1_000;

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was printed.
    pub time: Time,
    /// Without the newline.
    pub text: String,
}

/// The logs of all containers, by the uid of their pod and their name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Logs {
    containers: Rc<Map<(Name, Name), Rc<Log>>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Log {
    current: Vec<LogLine>,
    /// Of the run before.
    previous: Option<Vec<LogLine>>,
}

impl Logs {
    /// A container was started, or started again: its program begins a log of its own.
    pub(super) fn begin(&mut self, uid: &Name, container: &str, image: &str, now: Time) {
        let logs = Rc::make_mut(&mut self.containers);
        let key = (uid.clone(), container.into());
        let before = logs.remove(&key).map(|log| log.current.clone());
        let current = Program::of_image(image).map(|program| LogLine {
            time: now,
            text: program.greeting().to_owned(),
        });
        let log = Log {
            current: current.into_iter().collect(),
            previous: before,
        };
        logs.insert(key, Rc::new(log));
    }

    /// The program in a container prints a line.
    pub(crate) fn print(&mut self, uid: &Name, container: &Name, text: &str, now: Time) {
        let key = (uid.clone(), container.clone());
        let Some(log) = Rc::make_mut(&mut self.containers).get_mut(&key) else {
            return;
        };
        let lines = &mut Rc::make_mut(log).current;
        if lines.len() == CAPACITY {
            lines.remove(0);
        }
        lines.push(LogLine {
            time: now,
            text: text.to_owned(),
        });
    }

    /// The lines of the run of a container that is its last, or of the one before that.
    pub(crate) fn lines(&self, uid: &str, container: &str, previous: bool) -> Option<&[LogLine]> {
        let log = self.containers.get(&(uid.into(), container.into()))?;
        match previous {
            true => log.previous.as_deref(),
            false => Some(&log.current),
        }
    }

    /// The pod is gone.
    pub(super) fn remove(&mut self, uid: &str) {
        if self.containers.keys().any(|(pod, _)| **pod == *uid) {
            Rc::make_mut(&mut self.containers).retain(|(pod, _), _| **pod != *uid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_its_last_lines_and_those_of_the_run_before() {
        let mut logs = Logs::default();
        let (uid, container): (Name, Name) = ("1".into(), "c".into());
        logs.begin(&uid, "c", "demo-statefulset-node-image", Time(1));
        for number in 0..CAPACITY {
            logs.print(&uid, &container, &number.to_string(), Time(2));
        }
        let lines = logs.lines("1", "c", false).unwrap();
        assert_eq!((lines.len(), lines[0].text.as_str()), (CAPACITY, "0"));
        assert_eq!(logs.lines("1", "c", true), None);
        logs.begin(&uid, "c", "unknown", Time(3));
        assert_eq!(logs.lines("1", "c", false), Some(&[][..]));
        assert_eq!(
            logs.lines("1", "c", true).map(<[LogLine]>::len),
            Some(CAPACITY)
        );
        logs.remove("1");
        assert_eq!(logs.lines("1", "c", false), None);
    }
}
