# For shells: the variables of the AI gateway, and what went wrong at the last start. Login shells read it, and interactive ones; once each.
if [ "${sluice_shell:-}" != "$$" ]; then
  sluice_shell=$$
  if [ -r /var/lib/sluice/environment ]; then
    . /var/lib/sluice/environment
  fi
  if [ -r "$HOME/.config/ai-gateway/key" ]; then
    OPENAI_API_KEY=$(cat "$HOME/.config/ai-gateway/key")
    ANTHROPIC_AUTH_TOKEN=$OPENAI_API_KEY
    export OPENAI_API_KEY ANTHROPIC_AUTH_TOKEN
  fi
  case $- in
    *i*) if [ -r /var/lib/sluice/problems ]; then cat /var/lib/sluice/problems >&2; fi ;;
  esac
fi
