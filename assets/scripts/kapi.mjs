// The one script of all pages. Every page works without it; it adds comfort where it runs.
import {
  Button,
  CharacterCount,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  PasswordInput,
  Radios,
  ServiceNavigation,
  SkipLink,
  createAll,
} from "govuk-frontend";

// Upstream sets these by an inline script, which our content security policy refuses.
document.body.classList.add("js-enabled", "govuk-frontend-supported");

for (const component of [
  Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner, PasswordInput, Radios, ServiceNavigation, SkipLink,
]) {
  createAll(component);
}
