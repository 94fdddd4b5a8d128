//! Motion: what stands elsewhere than before glides there. The picture itself is complete without
//! it; whoever asked for less motion sees things at their new place at once.

use cluster::map::Map;

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

/// Milliseconds that a move takes.
const DURATION: f64 = 320.0;
/// Things that move at once at most; more is a jump in time, not a move.
const MOVES_MAX: usize = 3;
/// Pixels below which nothing is said to have moved.
const MOVE_MIN: i32 = 4;

/// Where the things with a `data-move` were last seen, in pixels from the corner of the stage.
#[derive(Debug, Default)]
pub(super) struct Places(Map<String, (i32, i32)>);

impl Places {
    /// Looks where everything is now, and lets what moved glide there.
    pub(super) fn moved(&mut self, root: &Element, first: bool) {
        let mut places = Map::new();
        let mut moves = Vec::new();
        for element in movable(root) {
            let Some(name) = element.get_attribute("data-move") else {
                continue;
            };
            let new = place(&element, root);
            if let Some(old) = self.0.get(&name) {
                let (x, y) = (old.0 - new.0, old.1 - new.1);
                if x.abs() + y.abs() > MOVE_MIN {
                    moves.push((element, x, y));
                }
            }
            places.insert(name, new);
        }
        self.0 = places;
        if !first && moves.len() <= MOVES_MAX && motion_welcome() {
            for (element, x, y) in moves {
                glide(&element, x, y);
            }
        }
    }
}

/// Milliseconds between the beginnings of two flights: no more than three are under way at once.
const FLIGHT_PAUSE: f64 = 130.0;

/// Lets the marks of answers fly from where they come from to where they go. Those of which one end
/// is not drawn stay unseen.
pub(super) fn fly(root: &Element) {
    if !motion_welcome() {
        return;
    }
    let Ok(marks) = root.query_selector_all(".flight") else {
        return;
    };
    let all = (0..marks.length()).filter_map(|index| marks.get(index));
    let corner = root.get_bounding_client_rect();
    let (left, top) = (
        corner.left() - f64::from(root.scroll_left()),
        corner.top() - f64::from(root.scroll_top()),
    );
    let middle = |mark: &Element, end: &str| {
        let selectors = mark.get_attribute(end)?;
        let found = |selector| root.query_selector(selector).ok().flatten();
        let found = selectors.split('|').find_map(found)?;
        let place = found.get_bounding_client_rect();
        let x = place.left() + place.width() / 2.0 - left;
        let y = place.top() + place.height() / 2.0 - top;
        // Whole pixels: the code that writes floating point numbers weighs 20 kB.
        Some(translate(x as i32, y as i32))
    };
    for (index, node) in all.enumerate() {
        let Ok(mark) = node.dyn_into::<HtmlElement>() else {
            continue;
        };
        if let (Some(from), Some(to)) = (middle(&mark, "data-from"), middle(&mark, "data-to")) {
            animate(&mark, &from, &to, FLIGHT_PAUSE * index as f64);
        }
    }
}

/// Where an element is laid out, whatever motion it is in.
fn place(element: &HtmlElement, root: &Element) -> (i32, i32) {
    let (mut x, mut y) = (0, 0);
    let mut next = Some(element.clone());
    while let Some(here) = next {
        x += here.offset_left();
        y += here.offset_top();
        let parent = here.offset_parent().filter(|parent| parent != root);
        next = parent.and_then(|parent| parent.dyn_into().ok());
    }
    (x, y)
}

fn movable(root: &Element) -> Vec<HtmlElement> {
    let Ok(list) = root.query_selector_all("[data-move]") else {
        return Vec::new();
    };
    let all = (0..list.length()).filter_map(|index| list.get(index));
    all.filter_map(|node| node.dyn_into().ok()).collect()
}

fn motion_welcome() -> bool {
    let query = "(prefers-reduced-motion: no-preference)";
    let list = web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
    list.is_some_and(|list| list.matches())
}

/// Lets an element come from an offset, in pixels, to where it is.
fn glide(element: &HtmlElement, x: i32, y: i32) {
    animate(element, &translate(x, y), "none", 0.0);
}

/// A way in pixels.
fn translate(x: i32, y: i32) -> String {
    format!("translate({x}px,{y}px)")
}

/// Moves an element from one transformation to another after so many milliseconds.
fn animate(element: &HtmlElement, from: &str, to: &str, delay: f64) {
    let set = |object: &Object, name: &str, value: &JsValue| {
        Reflect::set(object, &JsValue::from_str(name), value).is_ok()
    };
    let frame = |transform: &str| {
        let frame = Object::new();
        set(&frame, "transform", &JsValue::from_str(transform));
        // What is not seen at rest, such as a mark, is while it moves.
        set(&frame, "opacity", &JsValue::from_f64(1.0));
        frame
    };
    let timing = Object::new();
    set(&timing, "duration", &JsValue::from_f64(DURATION));
    set(&timing, "delay", &JsValue::from_f64(delay));
    set(&timing, "easing", &JsValue::from_str("ease-in-out"));
    let frames = Array::of2(&frame(from), &frame(to));
    let animate = Reflect::get(element, &JsValue::from_str("animate"));
    if let Ok(Ok(animate)) = animate.map(JsCast::dyn_into::<Function>) {
        let _ = animate.call2(element, &frames, &timing);
    }
}
