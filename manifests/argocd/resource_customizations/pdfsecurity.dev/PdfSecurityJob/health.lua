-- By the conditions, which are the interface; phase is for people.
local health_of = {
  Complete = "Healthy",
  Failed = "Degraded",
  Suspended = "Suspended",
  Queued = "Progressing",
  Running = "Progressing"
}

if obj.metadata.deletionTimestamp ~= nil then
  return {status = "Progressing", message = "Pending deletion"}
end

local status = obj.status
if status == nil or status.conditions == nil then
  return {status = "Progressing", message = "the operator has not seen the job yet"}
end

-- What is said of an older generation says nothing of this one.
if status.observedGeneration ~= obj.metadata.generation then
  return {
    status = "Progressing",
    message = "the operator has not seen this generation of the job yet"
  }
end

for _, condition in ipairs(status.conditions) do
  local health = health_of[condition.type]
  if health ~= nil and condition.status == "True" then
    return {status = health, message = condition.reason .. ": " .. condition.message}
  end
end

return {status = "Progressing", message = "the operator has not said yet where the job stands"}
