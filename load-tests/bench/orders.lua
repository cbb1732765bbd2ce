-- wrk's side of the bench: every request is an order of its own, with a key that no other request has. Counts answers
-- by status, because only a 201 is an order. Read from the environment: BENCH_API_KEY, BENCH_RUN (makes keys unique),
-- BENCH_PRODUCT (its prefix), BENCH_PRODUCTS (how many), BENCH_LINES (of each order) and BENCH_PAYMENT. Prints one line:
-- BENCH and JSON.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

-- So many lines of products that lie far apart, beginning with this one.
function lines(first)
  local count = tonumber(os.getenv("BENCH_LINES"))
  local parts = {}
  for line = 0, count - 1 do
    local product = (first - 1 + line * math.floor(products / count)) % products + 1
    table.insert(parts, string.format('{"product_id":"%s-%d","quantity":1}', os.getenv("BENCH_PRODUCT"), product))
  end
  return table.concat(parts, ",")
end

function init()
  statuses = {}
  sent = 0
  run = os.getenv("BENCH_RUN")
  products = tonumber(os.getenv("BENCH_PRODUCTS"))
  heads, tails = {}, {}
  math.randomseed(os.time() * 16 + number)
  for product = 1, products do
    local body = string.format(
      '{"customer_id":"bench","lines":[%s],"payment":"%s"}', lines(product), os.getenv("BENCH_PAYMENT")
    )
    heads[product] = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port
      .. "\r\nAuthorization: Bearer " .. os.getenv("BENCH_API_KEY")
      .. "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\nIdempotency-Key: "
    tails[product] = "\r\n\r\n" .. body
  end
end

function request()
  sent = sent + 1
  local product = products == 1 and 1 or math.random(products)
  return heads[product] .. run .. "-" .. number .. "-" .. sent .. tails[product]
end

function response(status)
  statuses[status] = (statuses[status] or 0) + 1
end

function done(summary, latency)
  local counts = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses")) do
      counts[status] = (counts[status] or 0) + count
    end
  end
  local parts = {}
  for status, count in pairs(counts) do
    table.insert(parts, string.format('"%d":%d', status, count))
  end
  local errors = summary.errors
  io.write(string.format(
    'BENCH {"us":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,"broken":%d,"statuses":{%s}}\n',
    summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    errors.connect + errors.read + errors.write + errors.timeout, table.concat(parts, ",")
  ))
end
