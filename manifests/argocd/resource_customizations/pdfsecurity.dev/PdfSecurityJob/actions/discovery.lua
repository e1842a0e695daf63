-- An action that would be refused, or change nothing, is shown disabled.
local ended, succeeded = false, false
if obj.status ~= nil and obj.status.conditions ~= nil then
  for _, condition in ipairs(obj.status.conditions) do
    if condition.status == "True" and (condition.type == "Complete" or condition.type == "Failed") then
      ended = true
      succeeded = condition.type == "Complete"
    end
  end
end

-- What is there already is not replaced by a job that does not say so: running it anew would fail.
local keeps_what_is_there = false
for _, place in ipairs({"output", "report"}) do
  if obj.spec[place] ~= nil and obj.spec[place].overwrite ~= true then
    keeps_what_is_there = true
  end
end

local suspended = obj.spec.suspend == true

local actions = {}
actions["suspend"] = {
  ["iconClass"] = "fa fa-fw fa-pause",
  ["disabled"] = ended or suspended
}
actions["resume"] = {
  ["iconClass"] = "fa fa-fw fa-play",
  ["disabled"] = ended or not suspended
}
actions["rerun"] = {
  ["displayName"] = "Run again",
  ["iconClass"] = "fa fa-fw fa-redo",
  ["disabled"] = not ended or (succeeded and keeps_what_is_there)
}
return actions
