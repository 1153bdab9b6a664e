//! A screen without a screen: Xvfb, and xdotool at its keyboard.
