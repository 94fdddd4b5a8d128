//! Questions and challenges of a run: what was answered, what was right, how many hints were given.

use lesson::{Lesson, Prediction};

use super::{Run, Span};

impl Run {
    /// The question of the beat, whether or not it can still be answered.
    fn question<'a>(&self, lesson: &'a Lesson) -> Option<&'a Prediction> {
        lesson.beats.get(self.beat)?.predict.as_ref()
    }

    /// Whether something is asked that can still be answered: the beat has not begun.
    pub(crate) fn asks(&self, lesson: &Lesson) -> bool {
        self.question(lesson).is_some() && self.span().is_none()
    }

    /// The objects that can be pointed at to answer.
    pub(crate) fn pointable<'a>(&self, lesson: &'a Lesson) -> &'a [String] {
        let asked = self.question(lesson).filter(|_| self.asks(lesson));
        asked.map_or(&[], Prediction::objects)
    }

    /// The object that a hint points at.
    pub(crate) fn pointed_at<'a>(&self, lesson: &'a Lesson) -> Option<&'a str> {
        let challenge = lesson.beats.get(self.beat)?.challenge.as_ref()?;
        (self.hints() >= 2 && !self.explained()).then_some(challenge.at.as_str())
    }

    /// What was answered; empty if nothing was.
    pub(crate) fn answer(&self) -> &str {
        self.answers.get(self.beat).map_or("", String::as_str)
    }

    /// Chooses, or takes the choice back; puts a choice last in the order, or out of it; or types.
    /// False if nothing of the kind is asked.
    pub(crate) fn answer_with(&mut self, lesson: &Lesson, answer: &str) -> bool {
        let Some(asked) = self.question(lesson).filter(|_| self.asks(lesson)) else {
            return false;
        };
        let known = asked.choices.iter().any(|choice| choice == answer);
        if !asked.choices.is_empty() && !known {
            return false;
        }
        let old = &mut self.answers[self.beat];
        let mut order: Vec<&str> = old.split(' ').filter(|part| !part.is_empty()).collect();
        let place = order.iter().position(|part| *part == answer);
        let new = match place {
            _ if asked.choices.is_empty() => answer.to_owned(),
            Some(place) => {
                order.remove(place);
                order.join(" ")
            }
            None if asked.ordered => {
                order.push(answer);
                order.join(" ")
            }
            None => answer.to_owned(),
        };
        *old = new;
        true
    }

    /// What happened, as an answer to the question of the beat, once the beat is over.
    pub(crate) fn right(&self, lesson: &Lesson) -> Option<String> {
        let asked = self.question(lesson)?;
        let Span { start, end } = self.span()?;
        let frames = self.timeline.frames();
        let line = lesson.beats.get(self.beat)?.run.as_deref();
        let printed = self.timeline.printed_by(line.unwrap_or_default(), start);
        asked.right(frames.get(start)?, frames.get(start + 1..=end?)?, &printed)
    }

    /// How many hints were given to this challenge.
    pub(crate) fn hints(&self) -> usize {
        match self.hints {
            (beat, count) if beat == self.beat => count,
            _ => 0,
        }
    }

    /// Gives another hint.
    pub(crate) fn hint(&mut self) {
        self.hints = (self.beat, self.hints() + 1);
    }

    fn is_challenge(&self, lesson: &Lesson) -> bool {
        let beat = lesson.beats.get(self.beat);
        beat.is_some_and(|beat| beat.challenge.is_some())
    }

    /// A challenge begins when it is looked at: everything that is done from then on counts.
    /// In a sandbox everything counts that is there already.
    pub(crate) fn begin_challenge(&mut self, lesson: &Lesson) {
        self.begin_challenge_at(lesson, self.timeline.cursor());
        if lesson.sandbox {
            self.check_beat(lesson);
        }
    }

    pub(super) fn begin_challenge_at(&mut self, lesson: &Lesson, start: usize) {
        if (lesson.sandbox || self.is_challenge(lesson)) && self.span().is_none() {
            self.set_span(Span { start, end: None });
        }
    }
}
