//! Asks for the files of a layer in every way there is; shared by the fuzz target `layer` and the tests of changed layers.

use sovaudit::source::layers::{FileHead, Visitor, Want, Wanter};

/// Decides by the last letter of a name.
pub struct EveryWay {
    /// What looks into files that are visited.
    pub visitor: &'static dyn Visitor,
}

impl Wanter for EveryWay {
    fn want(&self, file: &FileHead<'_>) -> Want {
        match file.path.as_str().bytes().last().unwrap_or(0) % 4 {
            0 => Want::Nothing,
            1 => Want::Whole(1 << 20),
            2 => Want::Head(700),
            _ => Want::Visit(self.visitor),
        }
    }

    fn version(&self) -> String {
        String::new()
    }
}
